import Document
import Testing

@Suite struct GoDurationTests {
    @Test(arguments: [
        ("15s", 15_000_000), ("1m0.25s", 60_250_000), ("1h2m3.004s", 3_723_004_000), ("0s", 0), ("0.057s", 57_000),
    ]) func bothWays(_ text: String, _ microseconds: Int64) {
        #expect(GoDuration.microseconds(text) == microseconds)
        #expect(GoDuration.text(microseconds) == text)
    }

    @Test(
        arguments: [
            ("-1.5s", -1_500_000), ("250ms", 250_000), ("1h30m", 5_400_000_000), ("+7us", 7), ("0", 0), ("", nil),
            ("5", nil), ("s", nil), ("1.2.3s", nil), ("5 s", nil), ("9999999h", nil),
        ] as [(String, Int64?)]) func read(_ text: String, _ microseconds: Int64?)
    {
        #expect(GoDuration.microseconds(text) == microseconds)
    }
}
