public import EventLog
public import Schema

/// Reads of the log beside the running writer. They block, so never on an event loop.
extension Engine {
    /// The oldest revision that can still be read.
    public var logFloor: UInt64 { log.floor }

    /// Reads from the log; its errors become answers.
    public func reading<Result>(_ body: (any EventLog) throws(LogError) -> Result) throws(APIError) -> Result {
        do throws(LogError) {
            return try body(log)
        } catch {
            switch error {
            case .belowFloor(let floor): throw .gone("history before revision \(floor) is no longer kept")
            case .beyondHead(let head):
                throw APIError(
                    code: 404, reason: "NotFound", message: "that revision has not happened yet: the newest is \(head)")
            default: throw .internalError(error.description)
            }
        }
    }
}
