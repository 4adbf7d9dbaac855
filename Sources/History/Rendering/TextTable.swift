/// Columns as kubectl prints them: as wide as their widest cell, three spaces apart; escapes for colours take no room.
public struct TextTable: Sendable {
    public let titles: [String]
    public let rows: [[String]]
    public init(_ titles: [String], _ rows: [[String]]) {
        self.titles = titles
        self.rows = rows
    }

    public var text: String {
        let all = titles.isEmpty ? rows : [titles] + rows
        guard let columns = all.map(\.count).max() else { return "" }
        let widths = (0..<columns).map { i in all.map { i < $0.count ? Ink.columns($0[i]) : 0 }.max() ?? 0 }
        return all.map { row in
            var line = ""
            for (i, cell) in row.enumerated() {
                line += cell
                if i + 1 < row.count { line += String(repeating: " ", count: widths[i] - Ink.columns(cell) + 3) }
            }
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
