import Foundation
import Synchronization
import TimeZones

/// The machine's tz database; each zone is read once.
enum TimeZoneFiles {
    private static let directory = "/usr/share/zoneinfo/"
    private static let known = Mutex<[String: TimeZoneRules]>([:])

    /// A zone's rules; nil for a name that is none.
    static func rules(of zone: String) -> TimeZoneRules? {
        if let rules = known.withLock({ $0[zone] }) { return rules }
        let parts = zone.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }),
            let contents = FileManager.default.contents(atPath: directory + zone),
            let rules = TimeZoneRules(tzif: Array(contents))
        else { return nil }
        known.withLock { $0[zone] = rules }
        return rules
    }
}
