/// Completion indexes as a job's status writes them: `0,2-4`.
struct CompletionIndexes: Sendable, Equatable {
    var indexes: Set<Int>
    init(_ indexes: Set<Int> = []) { self.indexes = indexes }
    init(parsing text: String) {
        indexes = []
        for part in text.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            if ends.count == 1 { indexes.insert(ends[0]) }
            if ends.count == 2, ends[0] <= ends[1] { indexes.formUnion(ends[0]...ends[1]) }
        }
    }
    var text: String {
        var parts: [String] = []
        let sorted = indexes.sorted()
        var at = 0
        while at < sorted.count {
            var end = at
            while end + 1 < sorted.count, sorted[end + 1] == sorted[end] + 1 { end += 1 }
            switch end - at {
            case 0: parts.append("\(sorted[at])")
            case 1: parts += ["\(sorted[at])", "\(sorted[end])"]
            default: parts.append("\(sorted[at])-\(sorted[end])")
            }
            at = end + 1
        }
        return parts.joined(separator: ",")
    }
}
