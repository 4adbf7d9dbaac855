import Foundation
import TestSupport
import Testing

@Suite struct HouseTests {
    /// Pure targets import no IO, files hold one thing, nothing says that it is unfinished.
    @Test func theHouseIsTidy() throws {
        let tidy = try Tools.run([Tools.root.path + "/tools/tidy"], directory: Tools.root)
        #expect(tidy.status == 0, "\(tidy.output)")
    }

    /// The check itself can fail: a pure target that imports Foundation is found.
    @Test func aPureTargetThatImportsFoundationIsFound() throws {
        let copy = FileManager.default.temporaryDirectory.appendingPathComponent(
            "reckon-test-tidy-\(UUID().uuidString.prefix(6))")
        defer { try? FileManager.default.removeItem(at: copy) }
        try FileManager.default.createDirectory(
            at: copy.appendingPathComponent("Sources/Document"), withIntermediateDirectories: true)
        try "public import Foundation\n".write(
            to: copy.appendingPathComponent("Sources/Document/Clock.swift"), atomically: true, encoding: .utf8)
        try Tools.run(["git", "init", "-q", copy.path])
        let tidy = try Tools.run([Tools.root.path + "/tools/tidy"], directory: copy)
        #expect(tidy.status == 1)
        #expect(tidy.output.contains("imports Foundation"))
    }
}
