import ArgumentParser
import History

/// What every serving command takes.
struct ServerOptions: ParsableArguments {
    @Option(
        name: .long, help: "The directory of the log, certificates and admin.kubeconfig. Made when it does not exist.")
    var data: String

    @Option(name: .long, help: "Address and port to serve on.")
    var listen = "127.0.0.1:6443"

    @Option(
        name: .customLong("token-auth-file"),
        help: "Static tokens, as kube-apiserver reads them: token,user,uid,\"group1,group2\".")
    var tokenAuthFile: String?

    @Option(name: .customLong("service-cluster-ip-range"), help: "Where Service addresses come from.")
    var serviceClusterIPRange = "10.96.0.0/16"

    @Option(
        name: .customLong("event-ttl"),
        help: "How long after its last change an Event leaves the present (history keeps it): 30m, 12h; 0 for never.")
    var eventTTL = TimeToLive(microseconds: 3_600_000_000)

    @OptionGroup(title: "Retention") var retention: RetentionOptions
    @OptionGroup(title: "Shipping") var shipping: ShippingOptions

    func validate() throws {
        guard let colon = listen.lastIndex(of: ":"), let port = Int(listen[listen.index(after: colon)...]),
            (0...65535).contains(port)
        else {
            throw ValidationError("--listen wants ADDRESS:PORT, for example 127.0.0.1:6443; it was \"\(listen)\"")
        }
    }

    var host: String {
        let text = String(listen[..<listen.lastIndex(of: ":")!])
        return text.isEmpty ? "0.0.0.0" : text.replacing("[", with: "").replacing("]", with: "")
    }
    var port: Int { Int(listen[listen.index(after: listen.lastIndex(of: ":")!)...])! }
}

/// A length of time, or none: `1h`, `0`.
struct TimeToLive: ExpressibleByArgument, Equatable {
    let microseconds: Int64
    init(microseconds: Int64) { self.microseconds = microseconds }
    init?(argument: String) {
        guard let length = argument == "0" ? 0 : PastMoment.duration(argument[...]) else { return nil }
        microseconds = length
    }
    var defaultValueDescription: String { "1h" }
}

/// `--nodes local|none|simulated:N`.
enum NodesOption: ExpressibleByArgument, Equatable {
    case local
    case none
    case simulated(Int)

    init?(argument: String) {
        switch argument {
        case "local": self = .local
        case "none": self = .none
        default:
            guard argument.hasPrefix("simulated:"), let count = Int(argument.dropFirst(10)),
                (1...10_000).contains(count)
            else { return nil }
            self = .simulated(count)
        }
    }
    var defaultValueDescription: String { "local" }
}
