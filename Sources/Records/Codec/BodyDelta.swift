/// The difference between two encodings of an object, as stretches to copy from the old one and bytes to put between them.
///
/// Encodings keep their members in order, so a change leaves everything around it where it was: one walk along both finds
/// what differs. Layout: the new length; a checksum of the new bytes; then, until the new length is reached, how many bytes to
/// copy, how many of the old ones to pass over, and a run to put in.
package enum BodyDelta {
    /// What two stretches must have in common for the walk to go on from there.
    private static let anchor = 16

    package static func write(from old: [UInt8], to new: [UInt8], into out: inout ByteWriter) {
        old.withUnsafeBytes { old in
            new.withUnsafeBytes { new in
                out.count(new.count)
                out.word(Checksum.of(new))
                write(old, new, &out)
            }
        }
    }

    private static func write(_ old: UnsafeRawBufferPointer, _ new: UnsafeRawBufferPointer, _ out: inout ByteWriter) {
        var (i, j) = (0, 0)
        var index: AnchorIndex?
        while true {
            let same = common(old, i, new, j)
            i += same
            j += same
            out.count(same)
            if j == new.count { return }
            let (p, q) = resume(old, i, new, j, &index)
            out.count(p - i)
            out.run(UnsafeRawBufferPointer(rebasing: new[j..<q]))
            i = p
            j = q
            if j == new.count { return }
        }
    }

    /// The length of what is equal from `i` and `j` on.
    @inline(__always) private static func common(
        _ old: UnsafeRawBufferPointer, _ i: Int, _ new: UnsafeRawBufferPointer, _ j: Int
    ) -> Int {
        let limit = min(old.count - i, new.count - j)
        var n = 0
        while n + 8 <= limit {
            let x =
                old.loadUnaligned(fromByteOffset: i + n, as: UInt64.self)
                ^ new.loadUnaligned(fromByteOffset: j + n, as: UInt64.self)
            if x != 0 { return n + UInt64(littleEndian: x).trailingZeroBitCount / 8 }
            n += 8
        }
        while n < limit, old[i + n] == new[j + n] { n += 1 }
        return n
    }

    /// The nearest places at which both agree again, or their ends.
    private static func resume(
        _ old: UnsafeRawBufferPointer, _ i: Int, _ new: UnsafeRawBufferPointer, _ j: Int, _ index: inout AnchorIndex?
    ) -> (Int, Int) {
        // A value of the same length in its place: times, numbers, names.
        var k = 1
        while k <= 40, i + k + 8 <= old.count, j + k + 8 <= new.count {
            if old.loadUnaligned(fromByteOffset: i + k, as: UInt64.self)
                == new.loadUnaligned(fromByteOffset: j + k, as: UInt64.self)
            {
                return (i + k, j + k)
            }
            k += 1
        }
        if new.count - j >= anchor, old.count - i >= anchor {
            if index == nil { index = AnchorIndex(old, from: i) }
            var q = j
            while q + anchor <= new.count {
                if var p = index!.find(new, q, in: old, from: i) {
                    while p > i, q > j, old[p - 1] == new[q - 1] {
                        p -= 1
                        q -= 1
                    }
                    return (p, q)
                }
                q += 1
            }
        }
        // Nothing in common but perhaps the ends.
        var tail = 0
        while tail < old.count - i, tail < new.count - j, old[old.count - 1 - tail] == new[new.count - 1 - tail] {
            tail += 1
        }
        return (old.count - tail, new.count - tail)
    }

    /// Where each stretch of `anchor` bytes of the old encoding is found; taken every few bytes.
    private struct AnchorIndex {
        private var heads: [Int32]
        private var next: [Int32]
        private let step: Int
        private let start: Int
        private let mask: Int

        init(_ old: UnsafeRawBufferPointer, from start: Int) {
            self.start = start
            let length = old.count - start
            step = max(4, length >> 14)
            let places = max(0, (length - anchor) / step + 1)
            var size = 64
            while size < places { size *= 2 }
            mask = size - 1
            heads = [Int32](repeating: -1, count: size)
            next = [Int32](repeating: -1, count: places)
            // From the end, so that each chain begins with the place nearest to the start.
            var place = places - 1
            while place >= 0 {
                let slot = Self.hash(old, start + place * step) & mask
                next[place] = heads[slot]
                heads[slot] = Int32(place)
                place -= 1
            }
        }

        @inline(__always) private static func hash(_ bytes: UnsafeRawBufferPointer, _ at: Int) -> Int {
            let a = bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
            let b = bytes.loadUnaligned(fromByteOffset: at + 8, as: UInt64.self)
            let mixed = (a ^ (b &* 0xBF58_476D_1CE4_E5B9)) &* 0x9E37_79B9_7F4A_7C15
            return Int(truncatingIfNeeded: mixed >> 40)
        }

        func find(_ new: UnsafeRawBufferPointer, _ q: Int, in old: UnsafeRawBufferPointer, from i: Int) -> Int? {
            var place = heads[Self.hash(new, q) & mask]
            var steps = 0
            while place >= 0, steps < 16 {
                let p = start + Int(place) * step
                if p >= i,
                    old.loadUnaligned(fromByteOffset: p, as: UInt64.self)
                        == new.loadUnaligned(fromByteOffset: q, as: UInt64.self),
                    old.loadUnaligned(fromByteOffset: p + 8, as: UInt64.self)
                        == new.loadUnaligned(fromByteOffset: q + 8, as: UInt64.self)
                {
                    return p
                }
                place = next[Int(place)]
                steps += 1
            }
            return nil
        }
    }

    /// The new encoding; fails when `delta` was not made from `old` or is damaged. Of several differences applied one after the
    /// other it is enough that the last `isChecked`: what went wrong before shows there.
    package static func apply(_ delta: UnsafeRawBufferPointer, to old: [UInt8], isChecked: Bool = true)
        throws(RecordError) -> [UInt8]
    {
        try old.withUnsafeBytesTyped { old throws(RecordError) in try apply(delta, to: old, isChecked: isChecked) }
    }

    package static func apply(_ delta: UnsafeRawBufferPointer, to old: UnsafeRawBufferPointer, isChecked: Bool = true)
        throws(RecordError) -> [UInt8]
    {
        var reader = ByteReader(delta)
        let length = try reader.varint()
        let checksum = try reader.word()
        // An encoding never grows by more than what its delta brings and what it copies, each of which is bounded.
        guard length <= UInt64(old.count + delta.count) else {
            throw RecordError("a delta promises more than it holds")
        }
        var problem: RecordError?
        let new = [UInt8](unsafeUninitializedCapacity: Int(length)) { out, count in
            do throws(RecordError) {
                let out = UnsafeMutableRawBufferPointer(start: out.baseAddress, count: Int(length))
                try fill(out, from: old, &reader)
                guard reader.left == 0, !isChecked || Checksum.of(UnsafeRawBufferPointer(out)) == checksum else {
                    throw RecordError("a delta does not fit the version before")
                }
                count = out.count
            } catch {
                problem = error
            }
        }
        if let problem { throw problem }
        return new
    }

    /// Fills `out`, which has the new encoding's length, with what the delta copies and puts in.
    private static func fill(
        _ out: UnsafeMutableRawBufferPointer, from old: UnsafeRawBufferPointer, _ reader: inout ByteReader
    ) throws(RecordError) {
        var (i, j) = (0, 0)
        while true {
            let same = try reader.varint()
            guard same <= UInt64(old.count - i), same <= UInt64(out.count - j) else {
                throw RecordError("a delta copies too much")
            }
            put(UnsafeRawBufferPointer(rebasing: old[i..<i + Int(same)]), into: out, &j)
            i += Int(same)
            if j == out.count { return }
            let passed = try reader.varint()
            guard passed <= UInt64(old.count - i) else { throw RecordError("a delta passes over too much") }
            i += Int(passed)
            let run = try reader.run()
            guard run.count <= out.count - j, run.count + Int(passed) > 0 else {
                throw RecordError("a delta does not end")
            }
            put(run, into: out, &j)
            if j == out.count { return }
        }
    }

    private static func put(_ bytes: UnsafeRawBufferPointer, into out: UnsafeMutableRawBufferPointer, _ at: inout Int) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        (out.baseAddress! + at).copyMemory(from: start, byteCount: bytes.count)
        at += bytes.count
    }
}
