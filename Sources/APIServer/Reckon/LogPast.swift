public import ClusterState
public import Document
import Engine
public import EventLog
public import History
public import Records
public import Schema

/// A log as questions about the past read it: the running server's, or one opened beside it.
public struct LogPast: RecordedPast {
    private let log: any EventLog
    public init(_ log: any EventLog) { self.log = log }

    public var newest: UInt64 { log.head.revision }
    public var floorTime: Timestamp? { log.floorTime }
    public var floor: UInt64 { log.floor }
    public var kindFloors: [GroupResource: UInt64] { log.kindFloors }
    public var newestAccess: UInt64 { log.head.ordinal }

    public func events(from revision: UInt64, limit: Int) throws(APIError) -> [EventRecord] {
        do throws(LogError) { return try log.events(from: revision, limit: limit) } catch { throw error.answer }
    }
    public func outlines(from revision: UInt64, limit: Int) throws(APIError) -> [EventRecord] {
        do throws(LogError) { return try log.outlines(from: revision, limit: limit, facts: true) } catch {
            throw error.answer
        }
    }
    public func accesses(from ordinal: UInt64, limit: Int) throws(APIError) -> [EventRecord] {
        do throws(LogError) { return try log.accesses(from: ordinal, limit: limit) } catch { throw error.answer }
    }
    public func versions(of key: ObjectKey) throws(APIError) -> [VersionMark] {
        do throws(LogError) {
            return try log.versions(of: key).map { VersionMark(kind: $0.kind, uid: $0.uid, revision: $0.revision) }
        } catch { throw error.answer }
    }
    public func object(_ key: ObjectKey, at revision: UInt64) throws(APIError) -> StoredObject? {
        do throws(LogError) { return try log.object(key, at: revision) } catch { throw error.answer }
    }
    public func state(at revision: UInt64) throws(APIError) -> ClusterState {
        do throws(LogError) { return try log.state(at: revision) } catch { throw error.answer }
    }
    public func revision(at time: Timestamp) throws(APIError) -> UInt64 {
        do throws(LogError) { return try log.revision(at: time) } catch { throw error.answer }
    }
}
