import Records
import Testing

@Suite struct ByteHasherTests {
    /// Adds up bytes: enough to see what is fed.
    private struct Sum: ByteHasher {
        var sum: UInt8 = 0
        init() {}
        mutating func update(_ bytes: UnsafeRawBufferPointer) { for byte in bytes { sum &+= byte } }
        mutating func finish() -> [UInt8] { [sum] }
    }
    @Test func feedsTextAndNumbersAsBytes() {
        var hasher = Sum()
        hasher.update("ab")
        hasher.update(UInt64(0x0102))
        #expect(hasher.finish() == [97 + 98 + 3])
        #expect(Sum.digest([1, 2, 3]) == [6])
    }
}
