import LockstepModel
import Testing

struct ValuesAsTextTests {
    @Test(arguments: ["1.50", "-0.001", "12345678901234567890.123456789", "1e5", "0", "-0.0", "NaN", "Infinity"])
    func decimalsAreValid(text: String) { #expect(DecimalText.isValid(Array(text.utf8))) }

    @Test(arguments: ["", ".", "1.2.3", "abc", "1e", "--1", "1 ", "0x10"])
    func otherTextsAreNoDecimals(text: String) { #expect(!DecimalText.isValid(Array(text.utf8))) }

    @Test func decimalsAreEqualAsNumbers() {
        #expect(DecimalText.areEqual(Array("1.50".utf8), Array("1.5".utf8)))
        #expect(DecimalText.areEqual(Array("1.5e1".utf8), Array("15".utf8)))
        #expect(DecimalText.areEqual(Array("-0.00".utf8), Array("0".utf8)))
        #expect(!DecimalText.areEqual(Array("1.51".utf8), Array("1.5".utf8)))
        #expect(DecimalText.normalized(Array("0012.3400".utf8)) == "12.34")
        #expect(DecimalText.normalized(Array("1e-3".utf8)) == "0.001")
    }

    @Test func everyDayFromYearOneToNineThousandGoesThroughText() {
        for days in stride(from: ISOText.firstDay, through: ISOText.lastDay, by: 97) {
            #expect(ISOText.parseDate(Array(ISOText.formatDate(days).utf8)) == days)
        }
        #expect(ISOText.formatDate(ISOText.firstDay) == "0001-01-01")
        #expect(ISOText.formatDate(ISOText.lastDay) == "9999-12-31")
        #expect(ISOText.parseDate(Array("2023-02-29".utf8)) == nil)
    }

    @Test func timestampsKeepMicroseconds() {
        #expect(ISOText.formatTimestamp(-1) == "1969-12-31 23:59:59.999999")
        #expect(ISOText.parseTimestamp(Array("1969-12-31T23:59:59.999999".utf8)) == -1)
        #expect(ISOText.parseTimestamp(Array("2024-01-01 00:00:00.1234567".utf8)) == nil)
        #expect(ISOText.parseInstant(Array("1970-01-01 01:00:00+01".utf8)) == 0)
        #expect(ISOText.parseInstant(Array("1970-01-01 00:00:00".utf8)) == nil)
    }

    @Test func jsonIsEqualAsJSON() {
        #expect(JSONText.areEqual(Array(#"{"a": 1, "b": [1,2]}"#.utf8), Array(#"{"b":[1, 2.0],"a":1}"#.utf8)))
        #expect(JSONText.areEqual(Array(#""\u00e9""#.utf8), Array(#""é""#.utf8)))
        #expect(!JSONText.areEqual(Array("[1,2]".utf8), Array("[2,1]".utf8)))
        #expect(!JSONText.areEqual(Array("[1,".utf8), Array("[1, ".utf8)))
    }

    @Test func uuidsAreReadInAllTheirForms() {
        let bytes = UUIDText.parse(Array("{0F8FAD5B-D9CB-469F-A165-70867728950E}".utf8))
        #expect(bytes.map { UUIDText.format($0) } == "0f8fad5b-d9cb-469f-a165-70867728950e")
        #expect(UUIDText.parse(Array("0f8fad5b".utf8)) == nil)
    }
}
