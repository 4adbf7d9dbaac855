import Document
import Testing

/// Random documents from a seed: what is written is read back as the same value, and one value has one encoding.
@Suite struct RandomJSONTests {
    struct Seeded: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state ^ state >> 33) &* 0xFF51_AFD7_ED55_8CCD
        }
    }

    static func random(_ depth: Int, _ generator: inout Seeded) -> JSON {
        switch Int.random(in: 0..<(depth > 4 ? 6 : 8), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2: return .int(.random(in: .min ... .max, using: &generator))
        case 3: return .double(Double.random(in: -1e9...1e9, using: &generator))
        case 4, 5: return .string(text(&generator))
        case 6: return .array((0..<Int.random(in: 0..<6, using: &generator)).map { _ in random(depth + 1, &generator) })
        default:
            return .object(
                JSONObject(
                    (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
                        (text(&generator), random(depth + 3, &generator))
                    }))
        }
    }

    static func text(_ generator: inout Seeded) -> String {
        let alphabet = Array("abcdefgh<>&\"\\/\n\t\u{0}\u{1F}é߀\u{2028}😀".unicodeScalars)
        var out = ""
        for _ in 0..<Int.random(in: 0..<20, using: &generator) {
            out.unicodeScalars.append(alphabet.randomElement(using: &generator)!)
        }
        return out
    }

    @Test(arguments: 0..<40)
    func roundTrip(_ seed: Int) throws {
        var generator = Seeded(state: UInt64(seed))
        for _ in 0..<20 {
            let value = Self.random(0, &generator)
            let bytes = value.encoded()
            let read = try JSON(parsing: bytes)
            #expect(read == value)
            #expect(read.encoded() == bytes)
        }
    }

    /// The order in which members are given does not matter.
    @Test(arguments: 0..<40)
    func shuffledMembers(_ seed: Int) throws {
        var generator = Seeded(state: UInt64(seed) &+ 77)
        var names = Set((0..<Int.random(in: 2..<40, using: &generator)).map { _ in Self.text(&generator) })
        names.formUnion(["a", "aaaaaaaaaaaa", "aaaaaaaab"])
        let sorted = JSON.object(JSONObject(names.map { ($0, 1) }))
        var text = "{"
        for name in names.shuffled(using: &generator) {
            text += (text.count > 1 ? "," : "") + JSON.string(name).text + ":1"
        }
        let read = try JSON(parsing: text + "}")
        #expect(read == sorted)
        #expect(read.entries.keys == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    /// Whatever the bytes are, reading ends with a value or an error.
    @Test(arguments: 0..<40)
    func brokenBytes(_ seed: Int) {
        var generator = Seeded(state: UInt64(seed) &+ 1000)
        var bytes = Self.random(0, &generator).encoded()
        for _ in 0..<60 where !bytes.isEmpty {
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            if let value = try? JSON(parsing: bytes) { #expect((try? JSON(parsing: value.encoded())) == value) }
        }
    }

    @Test func depthIsLimited() {
        let deep = String(repeating: "[", count: 1001) + String(repeating: "]", count: 1001)
        #expect(throws: JSONError.self) { try JSON(parsing: deep) }
        #expect((try? JSON(parsing: String(deep.dropFirst().dropLast()))) != nil)
    }
}
