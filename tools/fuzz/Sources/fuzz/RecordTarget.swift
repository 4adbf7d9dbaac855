import Document
import Records

enum RecordTarget {
    /// Names that are there whatever their number.
    private struct AnyNames: RecordNames {
        func name(_ number: UInt64) throws(RecordError) -> [UInt8] {
            number % 7 == 6
                ? Array(repeating: UInt8(truncatingIfNeeded: number), count: Int(number % 200))
                : Array("name\(number)".utf8)
        }
        func object(_ number: UInt64) throws(RecordError) -> ObjectIdentity {
            ObjectIdentity(key: ObjectKey(resource: "pods", namespace: "n", name: "p\(number)"), uid: "\(number)")
        }
    }

    static let run: @Sendable ([UInt8]) -> Void = { input in
        guard let first = input.first else { return }
        let rest = Array(input.dropFirst())
        switch first % 4 {
        case 0:
            rest.withUnsafeBytes { bytes in
                guard var decoder = try? RecordDecoder(format: 1 + first / 4 % 3, names: AnyNames()) else { return }
                _ = try? decoder.journal(bytes, revision: 100, after: Timestamp(seconds: 1_000))
            }
        case 1:
            let (old, delta) = rest.halves
            delta.withUnsafeBytes { bytes in _ = try? BodyDelta.apply(bytes, to: old) }
        case 2:
            // The checksum is made right: what lies behind it is what is looked for.
            let sum = rest.withUnsafeBytes { Checksum.of($0, seed: 1) }
            var block = rest
            withUnsafeBytes(of: sum.littleEndian) { block.append(contentsOf: $0) }
            block += [UInt8](repeating: 0, count: HashChain.tailBytes)
            block.withUnsafeBytes { bytes in
                guard let access = try? AccessBlock(bytes, firstOrdinal: 1),
                    var decoder = try? RecordDecoder(format: access.format, names: AnyNames())
                else { return }
                _ = try? access.records(&decoder)
            }
        default:
            (rest + [UInt8](repeating: 0, count: HashChain.tailBytes)).withUnsafeBytes { bytes in
                guard let block = try? JournalBlock(bytes, firstRevision: 1) else { return }
                try? block.forEach(from: 1) { (_, _) throws(RecordError) in true }
            }
        }
    }
}
