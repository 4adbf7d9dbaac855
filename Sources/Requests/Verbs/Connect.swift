import Admission
import Document
import Schema

extension Write {
    /// Asks admission about something that is not stored: a connection to a container, a token. The answer is the object as
    /// admission left it.
    mutating func connect() throws(APIError) -> Decision {
        var object = command.body
        let operation: AdmissionRequest.Operation =
            command.type.subresource(command.subresource)
                .map { $0.name == "token" } == true ? .create : .connect
        var admission = try admit(operation, &object, old: .null, name: command.name)
        try validate(&admission, object)
        return decision(200, object, [])
    }
}

extension WriteCommand {
    /// The operation's options as reviews show them. What a patch does is an update or a creation, whatever the client called it.
    func options(for operation: AdmissionRequest.Operation) -> JSON {
        var options: JSON = ["apiVersion": "meta.k8s.io/v1"]
        if isDryRun || isRehearsal { options["dryRun"] = ["All"] }
        switch operation {
        case .connect: return .null
        case .delete:
            options["kind"] = "DeleteOptions"
            if let seconds = deletion.gracePeriodSeconds { options["gracePeriodSeconds"] = .int(seconds) }
            if let policy = deletion.propagation { options["propagationPolicy"] = .string(policy.rawValue) }
            if let uid = deletion.uid { options["preconditions", "uid"] = .string(uid) }
            if let version = deletion.resourceVersion {
                options["preconditions", "resourceVersion"] = .string(version)
            }
        case .create, .update:
            options["kind"] = operation == .create ? "CreateOptions" : "UpdateOptions"
            if !said.manager.isEmpty { options["fieldManager"] = .string(said.manager) }
            if !said.validation.isEmpty { options["fieldValidation"] = .string(said.validation) }
        }
        return options
    }
}
