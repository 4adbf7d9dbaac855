import ArgumentParser
import Document

/// `--request ID` or `--revision R`.
struct RequestChoice: ParsableArguments {
    @Option(help: "The audit ID of the request: the Audit-Id of its answer, `request` in reckon history.")
    var request: String?

    @Option(help: "The revision that the request made.")
    var revision: UInt64?

    var isGiven: Bool { request != nil || revision != nil }

    var body: JSON {
        var body: JSON = [:]
        body["auditID"] = request.map { .string($0) }
        body["revision"] = revision.map { .int(Int64(clamping: $0)) }
        return body
    }
}

struct UndoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Take back what one request and its consequences changed, and nothing else.",
        discussion: """
              reckon undo --revision 48211 --dry-run
              reckon undo --request 3f0c9a52-…
            Fields that others changed since stay as they are. A field that was changed again is a conflict: then nothing is undone.
            What controllers derive settles by itself. You need the right to create, update or delete each object concerned.
            Exit status: 0 undone or nothing to undo, 1 refused or unreachable, 3 conflict, 64 wrong usage.
            """)

    @OptionGroup var choice: RequestChoice

    @Flag(name: .customLong("dry-run"), help: "Show what would be changed.")
    var dryRun = false

    @OptionGroup var options: ChangeOptions

    func validate() throws {
        guard (choice.request == nil) != (choice.revision == nil) else {
            throw ValidationError("say which request: --request AUDIT-ID or --revision R")
        }
    }

    func run() async throws {
        var body = choice.body
        body["dryRun"] = .bool(dryRun)
        try await options.run(.POST, "/reckon/v1/undo", body) { ChangeReport().undo($0) }
    }
}

struct UndeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undelete", abstract: "Bring back an object that was deleted, with what went with it.",
        discussion: """
              reckon undelete deployment/web -n shop
              reckon undelete namespace/shop
              reckon undelete --revision 48211
            Objects come back as new ones with a new uid; what they own is told it. With --request or --revision everything that this
            request deleted comes back.
            Exit status: 0 brought back, 1 refused, unreachable or never there, 3 it is there, 64 wrong usage.
            """)

    @Argument(help: "KIND/NAME, as kubectl takes it.")
    var object: String?

    @Option(name: [.customShort("n"), .long], help: "The namespace; the kubeconfig's own or default without it.")
    var namespace: String?

    @OptionGroup var choice: RequestChoice

    @Flag(name: .customLong("dry-run"), help: "Show what would come back.")
    var dryRun = false

    @OptionGroup var options: ChangeOptions

    func validate() throws {
        guard [object != nil, choice.request != nil, choice.revision != nil].filter({ $0 }).count == 1 else {
            throw ValidationError("say what: KIND/NAME, --request AUDIT-ID or --revision R")
        }
        if let object, object.split(separator: "/").count != 2 {
            throw ValidationError("say KIND/NAME, for example deployment/web")
        }
    }

    func run() async throws {
        var body = choice.body
        body["dryRun"] = .bool(dryRun)
        if let object {
            let parts = object.split(separator: "/").map(String.init)
            let kind = parts[0].split(separator: ".", maxSplits: 1).map(String.init)
            body["resource"] = .string(kind[0])
            if kind.count == 2 { body["group"] = .string(kind[1]) }
            body["name"] = .string(parts[1])
            let config = try Kubeconfig(path: options.kubeconfig)
            body["namespace"] = .string(namespace ?? config.namespace ?? "default")
        }
        try await options.run(.POST, "/reckon/v1/undelete", body) { ChangeReport().undo($0) }
    }
}

struct RewindCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewind", abstract: "Make a namespace, or the cluster, what it was, by moving forward.",
        discussion: """
              reckon rewind --to -15m -n shop --dry-run
              reckon rewind --to 48211
            Ordinary new changes: watches stay right, kubelets stop what no longer exists, controllers settle. Objects that are gone come
            back as new ones, changed ones get their old content, newer ones go. Up to 2000 objects change in one event; what cannot be
            written stops everything unless --partial is given. The status of objects, nodes, leases, events and tokens are not rewound.
            Exit status: 0 rewound, 1 refused or unreachable, 3 conflict, 64 wrong usage.
            """)

    @Option(help: ArgumentHelp("The moment to go back to.", valueName: "when"))
    var to: When

    @Option(name: [.customShort("n"), .long], help: "Only this namespace.")
    var namespace: String?

    @Flag(name: .customLong("dry-run"), help: "Show what would be changed.")
    var dryRun = false

    @Flag(help: "Leave out what cannot be written, and say so, instead of stopping.")
    var partial = false

    @OptionGroup var options: ChangeOptions

    func validate() throws {
        if to.text == nil { throw ValidationError("--to takes a moment before now, for example -15m") }
    }

    func run() async throws {
        var body: JSON = ["to": .string(to.text ?? ""), "dryRun": .bool(dryRun), "partial": .bool(partial)]
        body["namespace"] = namespace.map { .string($0) }
        try await options.run(.POST, "/reckon/v1/rewind", body) { ChangeReport().rewind($0) }
    }
}
