/// What of a request's warnings goes into the answer's headers: upstream's limits, without which a body with many faults makes an
/// answer that no client can read.
enum WarningHeaders {
    /// Characters of all warnings together.
    private static let charactersMax = 4 * 1024
    /// Characters of each, once they are too many together.
    private static let shortenedMax = 256

    /// Each warning once; shortened, and the last ones left out, when they are too long together.
    static func texts(_ warnings: [String]) -> [String] {
        if warnings.count < 2, (warnings.first?.utf8.count ?? 0) <= charactersMax { return warnings }
        var seen: Set<String> = []
        var once: [String] = []
        var total = 0
        var isFull = false
        for text in warnings where !text.isEmpty {
            // What follows would be left out however short it is.
            if once.count > charactersMax { break }
            guard seen.insert(text).inserted else { continue }
            once.append(text)
            total += text.unicodeScalars.count
            if total > charactersMax { isFull = true }
        }
        guard isFull else { return once }
        var out: [String] = []
        total = 0
        for text in once where total < charactersMax {
            let shown = String(String.UnicodeScalarView(text.unicodeScalars.prefix(shortenedMax)))
            total += shown.unicodeScalars.count
            out.append(shown)
        }
        return out
    }
}
