/// Lists of a job's indexes: `1,3-5,7`, rising.
enum JobIndexes {
    struct Problem: Error { let text: String }

    /// How many indexes the list names.
    static func count(_ list: String, completions: Int64) -> Result<Int64, Problem> {
        if list.isEmpty { return .success(0) }
        var total: Int64 = 0
        var last: Int64?
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            switch interval(String(part), completions) {
            case .failure(let problem): return .failure(problem)
            case .success(let range):
                if let last, last >= range.lowerBound {
                    return .failure(
                        Problem(text: "non-increasing order, previous: \(last), current: \(range.lowerBound)"))
                }
                total += range.upperBound - range.lowerBound + 1
                last = range.upperBound
            }
        }
        return .success(total)
    }

    static func interval(_ part: String, _ completions: Int64) -> Result<ClosedRange<Int64>, Problem> {
        let ends = part.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        if ends.count > 2 {
            return .failure(
                Problem(
                    text:
                        "the fragment \"\(part)\" violates the requirement that an index interval can have at most two parts separated by '-'"
                ))
        }
        var numbers: [Int64] = []
        for end in ends {
            guard let number = Int64(end) else {
                return .failure(Problem(text: "cannot convert string to integer for index: \"\(end)\""))
            }
            if number >= completions { return .failure(Problem(text: "too large index: \"\(end)\"")) }
            numbers.append(number)
        }
        if numbers.count == 2 {
            if numbers[0] >= numbers[1] {
                return .failure(Problem(text: "non-increasing order, previous: \(numbers[0]), current: \(numbers[1])"))
            }
            return .success(numbers[0]...numbers[1])
        }
        return .success(numbers[0]...numbers[0])
    }

    /// The first index that both lists name, in upstream's words.
    static func overlap(_ completed: String, _ failed: String, completions: Int64) -> String? {
        func ranges(_ list: String) -> [ClosedRange<Int64>] {
            list.split(separator: ",").compactMap { try? interval(String($0), completions).get() }
        }
        for a in ranges(completed) {
            for b in ranges(failed) where a.overlaps(b) {
                return "failedIndexes and completedIndexes overlap at index: \(max(a.lowerBound, b.lowerBound))"
            }
        }
        return nil
    }
}
