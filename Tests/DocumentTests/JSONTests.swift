import Document
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"a":1,"b":[true,false,null],"c":{"d":"x"}}"#, "[]", "{}", #""\u003c\u003e\u0026""#, "-9223372036854775808",
        "0.5", "1e+21",
    ])
    func roundTrip(_ text: String) throws {
        #expect(try JSON(parsing: text).text == text)
    }

    @Test func membersAreSortedAndTheLastWins() throws {
        var repeated: [String] = []
        let value = try JSON.parse(Array(#"{"b":1,"a":{"x":1,"x":2}}"#.utf8), duplicates: &repeated)
        #expect(value.text == #"{"a":{"x":2},"b":1}"#)
        #expect(repeated == ["a.x"])
    }
}
