import Foundation
import Testing
import TimeZones

/// The clocks of zones, compared with what Foundation says of the same tz database.
@Suite struct TimeZoneTests {
    static let zones = [
        "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "America/Sao_Paulo",
        "Africa/Casablanca",
        "Pacific/Apia", "Europe/Dublin", "Antarctica/Troll", "Asia/Tehran",
    ]

    @Test(arguments: zones) func offsetsAreThoseOfTheDatabase(name: String) throws {
        let path = "/usr/share/zoneinfo/" + name
        guard let bytes = FileManager.default.contents(atPath: path), let zone = TimeZone(identifier: name) else {
            Issue.record("\(path) is missing: apt-get install tzdata")
            return
        }
        let rules = try #require(TimeZoneRules(tzif: Array(bytes)))
        // Every nine days and a bit from 1995 to 2036.
        for time in stride(from: Int64(788_918_400), to: 2_082_758_400, by: 800_011) {
            let expected = zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(time)))
            #expect(rules.offset(at: time) == Int64(expected), "\(name) at \(time)")
        }
    }

    @Test func rubbishIsNoZone() {
        #expect(TimeZoneRules(tzif: []) == nil)
        #expect(
            TimeZoneRules(tzif: Array("TZif2 and nothing that follows it is as it should be, not at all".utf8)) == nil)
        #expect(TimeZoneRules(tzif: Array("TZif".utf8) + [UInt8](repeating: 0xFF, count: 100)) == nil)
    }
}
