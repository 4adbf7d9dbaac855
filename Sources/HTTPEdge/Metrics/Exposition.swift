/// Prometheus' text form, version 0.0.4: families one after the other, each with its help and type.
public struct Exposition: Sendable {
    /// The type of a family.
    public enum Kind: String, Sendable { case counter, gauge, histogram }
    /// What has been written.
    public private(set) var text = ""
    private var name = ""
    public init() {}

    /// Begins a family; what follows belongs to it.
    public mutating func family(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// One series.
    public mutating func sample(_ labels: [(String, String)], _ value: some BinaryInteger) {
        line("", labels, String(value))
    }
    /// One series.
    public mutating func sample(_ labels: [(String, String)], _ value: Double) {
        line("", labels, Exposition.number(value))
    }
    /// One series whose number is written already.
    public mutating func sample(_ labels: [(String, String)], text value: String) { line("", labels, value) }
    /// One series as it was at that time, in milliseconds since 1970.
    public mutating func sample(_ labels: [(String, String)], _ value: Double, at milliseconds: Int64) {
        line("", labels, Exposition.number(value) + " " + String(milliseconds))
    }
    /// The only series of a family.
    public mutating func sample(_ value: some BinaryInteger) { line("", [], String(value)) }
    /// The only series of a family.
    public mutating func sample(_ value: Double) { line("", [], Exposition.number(value)) }

    /// One series of a histogram. `buckets` are upper bounds in microseconds with their own counts, not yet summed up.
    public mutating func histogram(
        _ labels: [(String, String)] = [], buckets: [(micros: Int64, count: UInt64)], count: UInt64, micros: Double
    ) {
        histogram(labels, bounds: buckets.map { (Double($0.micros) / 1e6, $0.count) }, count: count, sum: micros / 1e6)
    }
    /// The same with bounds in the family's own unit.
    public mutating func histogram(
        _ labels: [(String, String)] = [], bounds: [(Double, UInt64)], count: UInt64, sum: Double
    ) {
        var total: UInt64 = 0
        for (bound, own) in bounds {
            total += own
            line("_bucket", labels + [("le", Exposition.number(bound))], String(total))
        }
        line("_bucket", labels + [("le", "+Inf")], String(count))
        line("_sum", labels, Exposition.number(sum))
        line("_count", labels, String(count))
    }

    private mutating func line(_ suffix: String, _ labels: [(String, String)], _ value: String) {
        text += name
        text += suffix
        if !labels.isEmpty {
            var separator = "{"
            for (label, value) in labels {
                text += separator
                text += label
                text += "=\""
                text += Exposition.escaped(value)
                text += "\""
                separator = ","
            }
            text += "}"
        }
        text += " "
        text += value
        text += "\n"
    }

    /// Whole numbers without a fraction, as clients of Prometheus write them.
    static func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x5C || $0 == 0x0A }) else { return text }
        var out = ""
        for c in text.unicodeScalars {
            switch c {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(c)
            }
        }
        return out
    }
}
