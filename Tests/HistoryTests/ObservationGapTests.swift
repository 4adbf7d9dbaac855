import Document
import History
import Schema
import Testing

@Suite struct ObservationGapTests {
    private static func gap(
        _ resource: String, _ from: Int64, _ to: Int64?, _ loss: ObservationGap.Loss = .missed
    ) -> ObservationGap {
        ObservationGap(
            from: Timestamp(seconds: from), to: to.map { Timestamp(seconds: $0) }, loss: loss, reason: resource,
            resources: [GroupResource(resource: resource)])
    }

    /// One break of many kinds is one gap; another break, another loss and a kind that stays away are not part of it.
    @Test func whatOneBreakMadeIsOneGap() {
        let joined = ObservationGap.joined([
            Self.gap("secrets", 50, nil, .open), Self.gap("pods", 100, 130), Self.gap("nodes", 102, 131),
            Self.gap("leases", 101, 130, .late), Self.gap("jobs", 101, 180), Self.gap("pods", 300, 310),
            Self.gap("nodes", 301, nil, .open), Self.gap("pods", 303, nil, .open),
        ])
        let told = joined.map { gap in
            let names = gap.resources.map(\.resource).joined(separator: "+")
            return
                "\(names) \(gap.from.seconds)-\(gap.to.map { "\($0.seconds)" } ?? "") \(gap.loss.rawValue) \(gap.reason)"
        }
        #expect(
            told == [
                "secrets 50- Open secrets", "nodes+pods 100-131 Missed pods", "leases 101-130 Late leases",
                "jobs 101-180 Missed jobs", "pods 300-310 Missed pods", "nodes+pods 301- Open nodes",
            ])
    }

    /// However the gaps of a break come, they are the same gap, and none is lost.
    @Test func theOrderMakesNoDifference() {
        let gaps = (0..<60).map { (i: Int64) -> ObservationGap in
            let (from, to) = (1000 + i * 7 % 3, 1030 + i * 5 % 4)
            return Self.gap("r\(i)", from, to)
        }
        let joined = ObservationGap.joined(gaps)
        #expect(joined.count == 1 && joined[0].resources.count == 60)
        let turned = ObservationGap.joined(gaps.reversed())
        #expect(turned.count == 1 && turned[0].resources == joined[0].resources && turned[0].to == joined[0].to)
    }
}
