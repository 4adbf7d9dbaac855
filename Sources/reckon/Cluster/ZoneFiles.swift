import Foundation

/// The machine's tz database.
enum ZoneFiles {
    private static let directory = "/usr/share/zoneinfo/"

    /// A zone's file; nil for a name that is none.
    static func contents(of zone: String) -> [UInt8]? {
        let parts = zone.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && !$0.hasPrefix(".") }) else { return nil }
        return FileManager.default.contents(atPath: directory + zone).map { Array($0) }
    }
}
