import APIServer
import ArgumentParser
import Document
import EventLog
import Foundation
import History
import Requests
import Schema

/// A log opened for questions, beside a running server or without one. Whoever may read its files may see everything.
final class OpenedLog {
    private let log: DiskLog
    let ground: Ground

    init(_ directory: String) throws {
        guard FileManager.default.fileExists(atPath: directory) else {
            throw StartupError("there is no directory \(directory)")
        }
        do throws(LogError) {
            log = try DiskLog(directory: directory, isReadOnly: true)
            let state = try log.state(at: log.head.revision)
            ground = Ground(
                past: LogPast(log), present: state, catalog: Catalog.serving(state), now: Terminal.now)
        } catch { throw StartupError(error.description) }
    }
    deinit { log.close() }

    func answer(_ name: String, _ query: Query) throws -> JSON {
        do throws(APIError) {
            guard let answer = try Questions.answer(name, query, ground) else {
                throw APIError.badRequest("a log cannot be asked for \(name)")
            }
            return answer
        } catch { throw StartupError(error.message) }
    }
}
