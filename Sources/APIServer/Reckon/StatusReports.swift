public import Document
public import HTTPEdge
import Synchronization

/// What parts of the process that are no part of the API server say of themselves: shown in `/reckon/v1/status` under their names
/// and in `/metrics`.
public final class StatusReports: Sendable {
    public struct Report: Sendable {
        public var document: JSON
        /// Name, words about it, and value of each gauge.
        public var gauges: [(name: String, help: String, value: String)]
        /// Writes families that are more than gauges.
        public var families: (@Sendable (inout Exposition) -> Void)?
        public init(
            _ document: JSON, gauges: [(name: String, help: String, value: String)] = [],
            families: (@Sendable (inout Exposition) -> Void)? = nil
        ) {
            self.document = document
            self.gauges = gauges
            self.families = families
        }
    }
    private let sources = Mutex<[(name: String, source: @Sendable () -> Report)]>([])

    public init() {}

    /// Adds a part; it is asked whenever somebody looks.
    public func add(_ name: String, _ source: @escaping @Sendable () -> Report) {
        sources.withLock { $0.append((name, source)) }
    }

    func all() -> [(name: String, report: Report)] {
        let sources = sources.withLock { $0 }
        return sources.map { ($0.name, $0.source()) }
    }
}
