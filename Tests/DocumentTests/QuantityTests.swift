import Document
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        ("1000m", "1"), ("1500m", "1500m"), ("0.5", "500m"), ("1.5Gi", "1536Mi"), ("1024Mi", "1Gi"), ("1024", "1024"),
        ("1000", "1k"),
        ("0", "0"), ("0Mi", "0"), ("+1", "1"), ("-1.5", "-1500m"), ("1e3", "1e3"), ("12e2", "1200"), ("1E", "1E"),
        ("1Ki", "1Ki"),
        ("0.1Ki", "102400m"), ("0.5Mi", "512Ki"), ("1.0000000001", "1000000001n"),
        ("100000000000000000000", "9223372036854775807"),
        ("128974848", "128974848"), ("129e6", "129e6"), ("129M", "129M"), ("123Mi", "123Mi"), ("0.000000001", "1n"),
        ("3.0", "3"),
        ("1023Ki", "1023Ki"), ("1025Ki", "1025Ki"), ("2048Ki", "2Mi"), ("010", "10"), ("0.5Ei", "512Pi"),
    ])
    func canonicalText(_ pair: (String, String)) {
        #expect(Quantity(parsing: pair.0)?.text == pair.1)
        #expect(Quantity.canonical(pair.0) == pair.1)
    }

    @Test(arguments: ["", "abc", "1x", "1Kii", "--1", "1e", "1.2.3", "Mi", "1 Mi", "1KI"])
    func refused(_ text: String) {
        #expect(Quantity(parsing: text) == nil)
        #expect(Quantity.canonical(text) == nil)
    }

    @Test func sums() throws {
        let half = try #require(Quantity(parsing: "500m"))
        #expect((half + half).text == "1" && half < Quantity(1) && half.units == 1 && half.milli == 500)
        #expect((Quantity.zero + (Quantity(parsing: "1Gi") ?? .zero)).text == "1Gi")
    }
}

@Suite struct Base64Tests {
    @Test func goodAndBad() throws {
        #expect(Base64.encode(Array("root".utf8)) == "cm9vdA==")
        #expect(try Base64.decode("cm9v\ndA==") == Array("root".utf8))
        #expect(try Base64.canonical("cm9vdB==") == "cm9vdA==")
        #expect(try Base64.canonical("") == "")
        #expect(throws: Base64.Corrupt(offset: 0)) { try Base64.decode("!!!") }
        #expect(throws: Base64.Corrupt(offset: 4)) { try Base64.decode("cm9vd") }
        for count in 0..<70 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
            let text = Base64.encode(bytes)
            #expect(try Base64.decode(text) == bytes)
            #expect(try Base64.canonical(text) == text)
        }
    }
}

@Suite struct PointerTests {
    @Test func escapesAndLooksUp() throws {
        let document: JSON = ["a/b": ["m~n": [1, 2]], "": 3]
        #expect(JSONPointer("/a~1b/m~0n/1")?.value(in: document) == 2)
        #expect(JSONPointer("/")?.value(in: document) == 3)
        #expect(JSONPointer("")?.value(in: document) == document)
        #expect(JSONPointer("a") == nil)
        #expect(JSONPointer("/a~1b/m~0n/1")?.text == "/a~1b/m~0n/1")
    }
}
