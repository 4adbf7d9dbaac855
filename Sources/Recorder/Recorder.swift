public import EventLog
import LogArchive
public import Logging
import Schema
import Synchronization

/// Records a cluster until it is stopped: finds its kinds, follows each, and looks for new ones.
public final class Recorder: Sendable {
    /// What is recorded.
    public struct Scope: Sendable {
        /// Plural names, with or without the group; empty for all.
        public var kinds: [String] = []
        /// One namespace; nil for all. What has no namespace is recorded in any case.
        public var namespace: String?
        /// Whether Secrets keep their values.
        public var includesSecrets = false
        public init() {}
    }

    private let source: SourceCluster
    private let writer: RecordingWriter
    private let scope: Scope
    private let logger: Logger
    private let running = Mutex<[SourceKind: Task<Void, any Error>]>([:])
    private let signal: AsyncStream<Void>
    private let wake: AsyncStream<Void>.Continuation

    /// `redactionKey` makes redacted values comparable: the same for the life of a recording.
    public init(_ source: SourceCluster, log: DiskLog, scope: Scope, redactionKey: [UInt8], logger: Logger)
        throws(LogError)
    {
        self.source = source
        self.scope = scope
        self.logger = logger
        writer = try RecordingWriter(
            log, source: source.server,
            redaction: Redaction(scope.includesSecrets ? [] : [.secrets]) { KeyedCode.of($0, key: redactionKey) },
            logger: logger)
        (signal, wake) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Finds the kinds and begins; answers how many there are.
    public func start() async throws -> Int {
        try await writer.define()
        let count = try await discover()
        try await writer.bookkeep(followed)
        return count
    }

    /// Goes on until the task is cancelled: new kinds every half minute and after every change of a CustomResourceDefinition,
    /// the books every five seconds.
    public func run() async {
        let discovery = Task {
            let timer = Task { [wake] in
                while !Task.isCancelled {
                    try? await Task.sleep(nanoseconds: 30_000_000_000)
                    wake.yield()
                }
            }
            defer { timer.cancel() }
            for await _ in signal {
                if Task.isCancelled { return }
                // A new definition is served a moment after it is seen.
                try? await Task.sleep(nanoseconds: 300_000_000)
                _ = try? await discover()
            }
        }
        while !Task.isCancelled {
            try? await Task.sleep(nanoseconds: 5_000_000_000)
            if Task.isCancelled { break }
            do { try await writer.bookkeep(followed) } catch { logger.error("the books: \(error)") }
        }
        discovery.cancel()
    }

    public func stop() async {
        let tasks = running.withLock { $0 }
        for task in tasks.values { task.cancel() }
        for task in tasks.values { _ = try? await task.value }
        try? await writer.bookkeep(Array(tasks.keys))
        writer.close()
    }

    private var followed: [SourceKind] { running.withLock { $0.keys.sorted { $0.name < $1.name } } }

    private func wanted(_ kind: SourceKind) -> Bool {
        if kind.store.group == RecordingKinds.group { return false }
        // Without definitions nothing that they define could be shown.
        if scope.kinds.isEmpty || kind.resource == "customresourcedefinitions" { return true }
        return scope.kinds.contains { $0 == kind.name || $0 == kind.resource || $0 == kind.kind.lowercased() }
    }

    private func discover() async throws -> Int {
        let offered = try await source.kinds()
        let kinds = offered.all.filter(wanted)
        try await writer.define(offered.undefined.filter { wanted($0.kind) })
        let (namespace, source, writer, logger, wake) = (scope.namespace, source, writer, logger, wake)
        running.withLock { running in
            for kind in kinds where running[kind] == nil {
                let isDefinitions = kind.resource == "customresourcedefinitions"
                let follower = KindFollower(
                    kind: kind, namespace: namespace, source: source, writer: writer, logger: logger
                ) { if isDefinitions { wake.yield() } }
                running[kind] = Task { [weak self] in
                    do { try await follower.run() } catch {
                        if !(error is CancellationError) {
                            logger.error("\(kind.name) is no longer recorded: \(error)")
                        }
                    }
                    self?.forget(kind)
                }
            }
        }
        return kinds.count
    }

    private func forget(_ kind: SourceKind) { running.withLock { $0[kind] = nil } }
}
