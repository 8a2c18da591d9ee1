import LockstepTesting
import Testing

@testable import PostgreSQLConnector

/// The short way of decimals into `numeric` gives the very bytes of the general one.
struct PlainDecimalsTests {
    @Test func everyPlainDecimalHasTheSameForm() {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<20_000 {
            var text = random.chance(percent: 30) ? "-" : ""
            for _ in 0..<random.integer(1...24) {
                text += String(random.chance(percent: 40) ? 0 : random.integer(0...9))
            }
            if random.chance(percent: 70) {
                text += "."
                for _ in 0..<random.integer(1...24) {
                    text += String(random.chance(percent: 40) ? 0 : random.integer(0...9))
                }
            }
            var general: [UInt8] = []
            #expect(NumericFormat.append(Array(text.utf8), to: &general))
            var buffer = ByteBuffer(capacity: 16)
            let isPlain = Array(text.utf8).withUnsafeBytes { PlainNumeric.append($0, to: &buffer) }
            #expect(isPlain)
            let plain = UnsafeRawBufferPointer(start: buffer.characters, count: buffer.count)
            #expect(plain.dropFirst(4).elementsEqual(general), "\(text)")
        }
    }

    @Test(arguments: ["", "-", ".5", "5.", "1e3", "NaN", "1.2.3", "+1", " 1"])
    func othersAreLeftToTheGeneralForm(text: String) {
        var buffer = ByteBuffer(capacity: 16)
        let isPlain = Array(text.utf8).withUnsafeBytes { PlainNumeric.append($0, to: &buffer) }
        #expect(!isPlain)
        #expect(buffer.count == 0)
    }
}
