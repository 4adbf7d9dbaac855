import Document
import EventLog
import LogArchive
import Records
import Testing

@Suite struct ArchiveSegmentTests {
    private static func batches(_ count: Int) -> [ArchiveBatch] {
        var random = SplitMix(state: 7)
        return (0..<count).map { i in
            var position = ArchivePosition()
            position.revision = UInt64(i * 3)
            position.microseconds = Int64(i) * 1_000_000 - 5
            let bytes = (0..<Int(random.next() % 60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            return ArchiveBatch(
                position: position,
                entries: [
                    .name(UInt64(i), bytes), .object(UInt64(i), [1, 2]), .journal(UInt64(i * 3), bytes),
                    .access(UInt64(i), bytes), .anchor(9, [3]), .file(name: "pki/ca.key", bytes: bytes),
                    .floor(ArchiveFloor(revision: 4, microseconds: -1, ordinal: 2, accessChain: bytes)),
                    .stateBytes(bytes),
                ])
        }
    }

    private static func file(_ batches: [ArchiveBatch], isComplete: Bool) -> [UInt8] {
        var bytes = ArchiveSegment.magic
        let head = ArchiveHead(archive: "a", number: 1, framesBefore: 0, more: ["cluster": "c"])
        bytes += ArchiveFrame(.head, content: head.document.encoded()).encoded(number: 0)
        for (i, batch) in batches.enumerated() {
            bytes += ArchiveFrame(.batch, content: batch.encoded()).encoded(number: i + 1)
        }
        if isComplete {
            let hash = SHA256Hasher.digest(bytes)
            bytes += ArchiveFrame(.end, content: hash).encoded(number: batches.count + 1)
        }
        return bytes
    }

    private static func read(_ bytes: [UInt8]) -> (ArchiveSegment.Ending, ArchiveHead?, [ArchiveBatch]) {
        var head: ArchiveHead?
        var batches: [ArchiveBatch] = []
        let ending = bytes.withUnsafeBytes { bytes in
            ArchiveSegment.read(bytes, SHA256Hasher.self) { _, kind, _, content throws(RecordError) in
                if kind == .head {
                    head = try ArchiveHead(decoding: content)
                } else {
                    batches.append(try ArchiveBatch(decoding: Array(content)))
                }
            }
        }
        return (ending, head, batches)
    }

    @Test func whatIsWrittenIsRead() {
        let batches = Self.batches(20)
        let (ending, head, found) = Self.read(Self.file(batches, isComplete: true))
        #expect(ending == .complete)
        #expect(head?.archive == "a" && head?.more["cluster"] == "c")
        #expect(found == batches)
        #expect(Self.read(Self.file(batches, isComplete: false)).0 == .open(tornBytes: 0))
    }

    /// A file that ends anywhere gives the frames that are whole and is never called damaged: its writer was stopped.
    @Test func aTornEndIsNoDamage() {
        let batches = Self.batches(6)
        let whole = Self.file(batches, isComplete: true)
        for length in 0..<whole.count {
            let (ending, _, found) = Self.read(Array(whole[..<length]))
            guard case .open = ending else {
                Issue.record("cut to \(length) bytes: \(ending)")
                continue
            }
            #expect(found == Array(batches.prefix(found.count)))
            // Space that was taken ahead and never written.
            let padded = Array(whole[..<length]) + [UInt8](repeating: 0, count: 100)
            #expect(Self.read(padded).2 == found)
        }
    }

    /// Every single flipped bit of a complete file is noticed, and the frame that holds it is named.
    @Test func everyFlippedBitIsNamed() {
        let batches = Self.batches(5)
        let whole = Self.file(batches, isComplete: true)
        // Where each frame begins.
        var starts: [Int] = []
        var at = ArchiveSegment.magic.count
        while at < whole.count {
            starts.append(at)
            let length = whole[(at + 2)..<(at + 6)].reversed().reduce(0) { $0 << 8 | Int($1) }
            at += ArchiveFrame.overheadBytes + length
        }
        for byte in 0..<whole.count {
            for bit in 0..<8 {
                var bytes = whole
                bytes[byte] ^= 1 << bit
                let (ending, _, found) = Self.read(bytes)
                guard case .damaged(let frame, _, _) = ending else {
                    Issue.record("bit \(bit) of byte \(byte) is not noticed: \(ending)")
                    continue
                }
                let expected = max(0, (starts.lastIndex { $0 <= byte }) ?? 0)
                #expect(frame == expected, "bit \(bit) of byte \(byte)")
                #expect(found == Array(batches.prefix(found.count)))
            }
        }
    }

    /// Bytes that are anything give an error, never a trap.
    @Test func noiseIsRefused() {
        var random = SplitMix(state: 3)
        for _ in 0..<2000 {
            let noise = (0..<Int(random.next() % 200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = Self.read(ArchiveSegment.magic + noise)
            _ = try? ArchiveBatch(decoding: noise)
        }
    }
}

struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
