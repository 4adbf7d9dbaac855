import APIServer
import Document
import Testing

/// YAML bodies as the JSON that they stand for.
@Suite struct YAMLDocumentTests {
    @Test(arguments: [
        ("", "null"), ("# nothing\n", "null"), ("~", "null"), ("a:", #"{"a":null}"#),
        ("a: 1\nb: two\nc: [1, x, null]\nd: {e: f}", #"{"a":1,"b":"two","c":[1,"x",null],"d":{"e":"f"}}"#),
        ("b: 1\na: 2", #"{"a":2,"b":1}"#),
        ("a: |\n  x\n  y\nb: >-\n  x\n  y", #"{"a":"x\ny\n","b":"x y"}"#),
        ("a: &x [1]\nb: *x", #"{"a":[1],"b":[1]}"#), ("&k a: 1\nb: *k", #"{"a":1,"b":"a"}"#),
        ("5: x", #"{"5":"x"}"#), ("\"a\": 'b''c'", #"{"a":"b'c"}"#),
        ("{\"a\": [1, {\"b\": \"c\"}]}", #"{"a":[1,{"b":"c"}]}"#), ("--- a\n...", "\"a\""),
    ])
    func reads(_ text: String, _ wanted: String) throws {
        #expect(try YAMLDocument.parse(text).text == wanted)
    }

    @Test(arguments: [
        ("true", "true"), ("Yes", "true"), ("OFF", "false"), ("yES", "\"yES\""), ("y", "\"y\""), ("Null", "null"),
        ("nul", "\"nul\""), ("0", "0"), ("-7", "-7"), ("+7", "7"), ("1_000", "1000"), ("0x1F", "31"), ("0b101", "5"),
        ("0o17", "15"), ("017", "15"), ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"), ("0x", "\"0x\""), ("-x", "\"-x\""), (".", "\".\""),
        ("1.5", "1.5"), ("-.5", "-0.5"), ("1e3", "1000"), ("1e", "\"1e\""), (".inf", "\".inf\""),
        ("10.96.0.0/16", "\"10.96.0.0/16\""), ("2026-11-23", "\"2026-11-23\""), ("12:30", "\"12:30\""),
        ("100m", "\"100m\""), ("'1'", "\"1\""), ("\"true\"", "\"true\""), ("!!str 5", "\"5\""), ("!!int 5", "5"),
        ("!!int x", "\"x\""), ("!!bool yes", "true"), ("!!null x", "null"), ("!mine 5", "\"5\""),
    ])
    func scalars(_ text: String, _ wanted: String) throws {
        #expect(try YAMLDocument.parse(text).text == wanted, "\(text)")
    }

    @Test(arguments: [
        ("a: 1\n\tb: 2", "yaml: line 2: found a tab character that violates indentation"),
        ("a: 1\na: 2", "yaml: key \"a\" already set in map"), ("a: *b", "yaml: unknown anchor 'b' referenced"),
        ("a: &x [*x]", "yaml: unknown anchor 'x' referenced"), ("[1]: 2", "yaml: a key must be a text or a number"),
        ("a\n---\nb", "yaml: expected a single document in the stream"),
        (String(repeating: "[", count: 201), "yaml: exceeded max depth of 200"),
    ])
    func refuses(_ text: String, _ message: String) {
        let refusal = #expect(throws: YAMLDocument.Refusal.self) { try YAMLDocument.parse(text) }
        #expect(refusal?.message == message)
    }

    /// Aliases of aliases say much with little: in depth, in values and in bytes.
    @Test func aliasesAreBounded() throws {
        func chain(_ first: String, _ next: (String) -> String) -> String {
            var text = "a0: &a0 \(first)\n"
            for i in 1..<260 { text += "a\(i): &a\(i) \(next("*a\(i - 1)"))\n" }
            return text
        }
        for text in [
            chain("x") { "[\($0),\($0),\($0)]" }, chain("x") { "[\($0)]" },
            chain(String(repeating: "x", count: 2_000)) { "[\($0),\($0)]" },
        ] {
            #expect(throws: YAMLDocument.Refusal.self) { try YAMLDocument.parse(text) }
        }
        let few = "base: &base {a: 1}\n" + (0..<100).map { "k\($0): *base\n" }.joined()
        #expect(try YAMLDocument.parse(few)["k99", "a"] == 1)
    }

    /// Work follows the length of the text, whatever it is made of.
    @Test(.timeLimit(.minutes(1))) func longTexts() throws {
        let many = 60_000
        let members = (0..<many).map { "k\($0 &* 7919 % many): true\n" }.joined()
        #expect(try YAMLDocument.parse(members).entries.count == many)
        #expect(try YAMLDocument.parse(String(repeating: "- 0x1F\n", count: many)).elements.count == many)
        #expect(throws: YAMLDocument.Refusal.self) {
            try YAMLDocument.parse("[" + String(repeating: "a,", count: 800_000) + "]")
        }
    }
}
