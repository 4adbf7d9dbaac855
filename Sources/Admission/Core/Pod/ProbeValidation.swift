import Document
import Schema

/// Checks of probes and lifecycle hooks.
enum ProbeValidation {
    /// `kind` is the member's name: `livenessProbe`, `readinessProbe`, `startupProbe`.
    static func validate(
        _ probe: JSON, kind: String, path: @autoclosure () -> String, _ scope: PodValidationScope,
        _ errors: inout [FieldError]
    ) {
        validateHandler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], path: path(), scope, &errors)
        for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
            if let value = probe.integer(key), value < 0 {
                errors.append(.invalid("\(path()).\(key)", .int(value), Message.notNegative))
            }
        }
        let grace = probe.integer("terminationGracePeriodSeconds")
        if let grace, grace <= 0 {
            errors.append(.invalid(path() + ".terminationGracePeriodSeconds", .int(grace), "must be greater than 0"))
        }
        if kind == "readinessProbe" {
            if let grace {
                errors.append(
                    .invalid(
                        path() + ".terminationGracePeriodSeconds", .int(grace), "must not be set for readinessProbes"))
            }
        } else if let threshold = probe.integer("successThreshold"), threshold != 1 {
            errors.append(.invalid(path() + ".successThreshold", .int(threshold), "must be 1"))
        }
    }

    static func validateLifecycle(
        _ lifecycle: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        for key in ["postStart", "preStop"] {
            guard let hook = lifecycle.given(key) else { continue }
            validateHandler(hook, ["exec", "httpGet", "tcpSocket", "sleep"], path: "\(path()).\(key)", scope, &errors)
        }
        if let signal = lifecycle.given("stopSignal")?.string, !isSignal(signal) {
            errors.append(.notSupported(path() + ".stopSignal", .string(signal), []))
        }
    }

    private static func isSignal(_ name: String) -> Bool { name.hasPrefix("SIG") && name.utf8.count > 3 }

    private static func validateHandler(
        _ handler: JSON, _ kinds: [String], path: @autoclosure () -> String, _ scope: PodValidationScope,
        _ errors: inout [FieldError]
    ) {
        var isGiven = false
        for kind in kinds where errors.hasRoom {
            guard let action = handler.given(kind) else { continue }
            func at() -> String { "\(path()).\(kind)" }
            if isGiven {
                errors.append(.forbidden(at(), Message.oneHandler))
                continue
            }
            isGiven = true
            switch kind {
            case "exec": if action.list("command").isEmpty { errors.append(.required(at() + ".command")) }
            case "httpGet": validateHTTPGet(action, path: at(), &errors)
            case "sleep": validateSleep(action, path: at(), scope, &errors)
            case "grpc": errors += Numbers.port(action.integer("port") ?? 0, path: at() + ".port")
            default: errors += Numbers.portOrName(action["port"] ?? 0, path: at() + ".port")
            }
        }
        if !isGiven { errors.append(.required(path(), Message.handlerMissing)) }
    }

    private static func validateHTTPGet(_ action: JSON, path: @autoclosure () -> String, _ errors: inout [FieldError]) {
        if action.text("path").isEmpty { errors.append(.required(path() + ".path")) }
        errors += Numbers.portOrName(action["port"] ?? 0, path: path() + ".port")
        let scheme = action.text("scheme")
        if scheme != "HTTP", scheme != "HTTPS" {
            errors.append(.notSupported(path() + ".scheme", .string(scheme), ["HTTP", "HTTPS"]))
        }
        for header in action.list("httpHeaders") where errors.hasRoom {
            let name = header.text("name")
            errors.addInvalid(path() + ".httpHeaders", .string(name), Names.httpHeader(name))
        }
    }

    private static func validateSleep(
        _ action: JSON, path: @autoclosure () -> String, _ scope: PodValidationScope, _ errors: inout [FieldError]
    ) {
        guard let grace = scope.gracePeriod else { return }
        let seconds = action.integer("seconds") ?? 0
        if seconds < 0 || seconds > grace {
            errors.append(
                .invalid(
                    path(), .int(seconds), "must be non-negative and less than terminationGracePeriodSeconds (\(grace))"
                ))
        }
    }
}
