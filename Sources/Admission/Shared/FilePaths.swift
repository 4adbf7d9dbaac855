import Document
import Schema

/// Rules for paths of files inside volumes.
enum FilePaths {
    /// No part of the path is `..`.
    static func validateNoBacksteps(_ value: String, path: @autoclosure () -> String) -> [FieldError] {
        let parts = value.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        let back = parts.contains { $0.count == 2 && $0.allSatisfy { $0 == UInt8(ascii: ".") } }
        return back ? [.invalid(path(), .string(value), "must not contain '..'")] : []
    }

    /// Relative, and never up.
    static func validateDescending(_ value: String, path: @autoclosure () -> String) -> [FieldError] {
        var errors: [FieldError] = []
        if value.hasPrefix("/") { errors.append(.invalid(path(), .string(value), "must be a relative path")) }
        return errors + validateNoBacksteps(value, path: path())
    }

    /// Relative, never up, and not starting with `..`, which kubelets keep for themselves.
    static func validateNotReserved(_ value: String, path: @autoclosure () -> String) -> [FieldError] {
        var errors = validateDescending(value, path: path())
        if value.hasPrefix(".."), !value.hasPrefix("../") {
            errors.append(.invalid(path(), .string(value), "must not start with '..'"))
        }
        return errors
    }

    /// A file's permission bits.
    static func validateMode(_ value: JSON?, path: @autoclosure () -> String) -> [FieldError] {
        guard let mode = value?.int, mode > 0o777 || mode < 0 else { return [] }
        return [.invalid(path(), .int(mode), "must be a number between 0 and 0777 (octal), both inclusive")]
    }
}
