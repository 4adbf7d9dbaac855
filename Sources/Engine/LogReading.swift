public import Document
public import EventLog
public import Schema

/// Reads of the log beside the running writer. They block, so never on an event loop.
extension Engine {
    /// The oldest revision that can still be read.
    public var logFloor: UInt64 { log.floor }
    /// The oldest revision at which objects of a store can be read.
    public func logFloor(of store: GroupResource) -> UInt64 { log.floor(of: store) }
    /// When that revision was made; nil when nothing was pruned.
    public var floorTime: Timestamp? { log.floorTime }

    /// Reads from the log; its errors become answers.
    public func reading<Result>(_ body: (any EventLog) throws(LogError) -> Result) throws(APIError) -> Result {
        do throws(LogError) { return try body(log) } catch { throw error.answer }
    }

    /// The log, for those who read much of it.
    package var wholeLog: any EventLog { log }
}

extension LogError {
    /// What a client is told.
    public var answer: APIError {
        switch self {
        case .belowFloor(let floor): .gone("history before revision \(floor) is no longer kept")
        case .belowKindFloor: .gone(description)
        case .beyondHead(let head):
            APIError(
                code: 404, reason: "NotFound", message: "that revision has not happened yet: the newest is \(head)")
        default: .internalError(description)
        }
    }
}
