/// Why a value does not go into a field. Never holds the value.
struct ValueProblem: Error, Sendable, Hashable {
    var code: MapCode
    var message: String

    init(_ code: MapCode, _ message: String) {
        self.code = code
        self.message = message
    }
}
