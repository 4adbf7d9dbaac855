import ArgumentParser

/// The stretch of time that a question is about.
struct TimeWindow: ParsableArguments {
    @Option(help: ArgumentHelp("Only after.", valueName: "when"))
    var since: When?
    @Option(help: ArgumentHelp("Only before or then.", valueName: "when"))
    var until: When?

    var parameters: [(String, String?)] { [("since", since?.text), ("until", until?.text)] }
}
