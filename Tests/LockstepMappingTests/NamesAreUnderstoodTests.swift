import Testing

@testable import LockstepMapping

/// Names of fields in the styles that schemas have them.
struct NamesAreUnderstoodTests {
    @Test(arguments: [
        ("customer_account_no", ["customer", "number"]), ("CustAcctNo", ["customer", "number"]),
        ("firstName", ["first", "name"]), ("surname", ["last", "name"]), ("ZIPCode", ["postal"]),
        ("address_line_1", ["address", "street"]), ("Address2", ["address", "street2"]),
        ("creditlimit", ["credit", "limit"]),
        ("currencies", ["currency"]),
    ])
    func namesBecomeWords(name: String, words: [String]) {
        #expect(NameWords(name).words == words)
    }

    @Test func anotherStyleOfTheSameNameIsNearlyTheSame() {
        #expect(NameWords("creditLimit").similarity(to: NameWords("credit_limit")) == 1)
        #expect(NameWords("phone").similarity(to: NameWords("Telephone")) > 0.9)
        #expect(NameWords("zip").similarity(to: NameWords("address_postalcode")) > 0.6)
        #expect(NameWords("street").similarity(to: NameWords("currency")) < 0.2)
    }

    @Test func aPrefixOfAllNamesSaysNothing() {
        let names = ["msdyn_name", "msdyn_days", "msdyn_code", "created"]
        #expect(NameWords.commonPrefix(of: names + ["msdyn_text"]) == "msdyn_")
        #expect(NameWords("msdyn_days", withoutPrefix: "msdyn_").words == NameWords("days").words)
    }

    @Test func theBestAssignmentIsNotTheGreedyOne() {
        // Greedy would take 0.9 and be left with nothing for the second.
        #expect(Assignment.best([[0.9, 0.8], [0.85, 0]]) == [1, 0])
        #expect(Assignment.best([[0, 0], [0, 0.5], [0.4, 0.6]]) == [nil, 1, 0])
        #expect(Assignment.best([[], []]) == [nil, nil])
    }
}
