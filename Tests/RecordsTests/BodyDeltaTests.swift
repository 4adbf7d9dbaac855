import Document
import Records
import Testing

@Suite struct BodyDeltaTests {
    private func roundTrip(_ old: [UInt8], _ new: [UInt8]) throws -> Int {
        var out = ByteWriter()
        BodyDelta.write(from: old, to: new, into: &out)
        let back = try out.bytes.withUnsafeBytesTyped { bytes throws(RecordError) in try BodyDelta.apply(bytes, to: old)
        }
        #expect(back == new)
        return out.bytes.count
    }

    @Test(arguments: [UInt64(1), 2, 3]) func everyChangeComesBack(seed: UInt64) throws {
        var random = SeededGenerator(state: seed)
        for _ in 0..<1500 {
            let letters: UInt64 = random.chance(50) ? 3 : 200
            let old = (0..<Int(random.next() % 400)).map { _ in UInt8(random.next() % letters) }
            var new = old
            for _ in 0..<(random.next() % 5) {
                let from = Int(random.next() % UInt64(new.count + 1))
                let to = min(new.count, from + Int(random.next() % 30))
                new.replaceSubrange(
                    from..<to, with: (0..<Int(random.next() % 30)).map { _ in UInt8(random.next() % letters) })
            }
            if random.chance(5) { new = [] }
            _ = try roundTrip(old, new)
        }
    }

    @Test func smallChangesAreSmall() throws {
        let lease = { (second: String, revision: String) in
            Array(
                #"{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"creationTimestamp":"2026-11-23T10:00:00Z","managedFields":[{"apiVersion":"coordination.k8s.io/v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:ownerReferences":{".":{},"k:{\"uid\":\"0e2a\"}":{}}},"f:spec":{"f:holderIdentity":{},"f:leaseDurationSeconds":{},"f:renewTime":{}}},"manager":"kubelet","operation":"Update","time":"2026-11-23T10:00:\#(second)Z"}],"name":"n1","namespace":"kube-node-lease","resourceVersion":"\#(revision)","uid":"4f3d"},"spec":{"holderIdentity":"n1","leaseDurationSeconds":40,"renewTime":"2026-11-23T10:00:\#(second).123456Z"}}"#
                    .utf8)
        }
        #expect(try roundTrip(lease("08", "1234567"), lease("18", "1234999")) <= 40)
        let long = { (status: String) in
            Array(
                (#"{"metadata":{"resourceVersion":"77"},"spec":{"#
                    + (0..<60).map { #""f\#($0)":"value \#($0 * 7919)""# }.joined(separator: ",")
                    + #"},"status":{\#(status)}}"#).utf8)
        }
        let grown = long(#""phase":"Running","podIP":"10.1.2.3","conditions":[{"type":"Ready"}]"#)
        #expect(try roundTrip(long(#""phase":"Pending""#), grown) <= 90)
        #expect(try roundTrip(grown, long(#""phase":"Pending""#)) <= 40)
    }

    @Test func aDamagedDeltaIsRefused() throws {
        let old = Array("the quick brown fox jumps over the lazy dog, and then over the other one".utf8)
        let new = Array("the quick brown cat jumps over the lazy dog, and then once over the other one".utf8)
        var out = ByteWriter()
        BodyDelta.write(from: old, to: new, into: &out)
        for i in out.bytes.indices {
            for bit in 0..<8 {
                var bad = out.bytes
                bad[i] ^= 1 << bit
                let back = try? bad.withUnsafeBytesTyped { bytes throws(RecordError) in
                    try BodyDelta.apply(bytes, to: old)
                }
                #expect(back == nil || back == new)
            }
        }
        #expect(throws: RecordError.self) {
            try out.bytes.withUnsafeBytesTyped { bytes throws(RecordError) in _ = try BodyDelta.apply(bytes, to: new) }
        }
    }
}
