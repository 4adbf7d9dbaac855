import Document
import Foundation
import TestSupport
import Testing

/// The page at `/ui/` in a real browser, beside a real cluster.
@Suite(.serialized, .enabled(if: Chromium.path != nil, "there is no Chromium: tools/bootstrap --test installs one"))
struct PageTests {
    /// Reads an object's page, a list, the past, a difference, as a person does.
    @Test func aPersonLooksAround() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        let before = try await PageScene.prepare(cluster)
        let browser = try Chromium()
        defer { browser.close() }

        // The door: a wrong token is refused, a right one lets in.
        try browser.open(cluster.url + "/ui/")
        #expect(browser.eventually("document.querySelector('#token') && document.activeElement.id === 'token'"))
        try browser.type("wrong")
        try browser.press("Enter")
        #expect(browser.eventually("document.querySelector('.error')?.textContent.includes('does not accept')"))
        try browser.evaluate("document.querySelector('#token').value = 'admintoken'; document.forms[0].requestSubmit()")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 3"), "the pods of now")
        #expect(try browser.evaluate("document.querySelector('.who').textContent") == "admin")
        #expect(try browser.evaluate("sessionStorage.length") == 1)
        #expect(try browser.evaluate("location.href.includes('token') || document.cookie !== ''") == false)

        // Live: what happens now is seen without asking.
        _ = try await cluster.send(
            "PATCH", "/apis/apps/v1/namespaces/shop/deployments/web", ["spec": ["replicas": 5]],
            contentType: "application/merge-patch+json")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 5"), "two pods more")

        // A link with a revision shows the same again, also after a reload, and the back button returns.
        try browser.evaluate("location.hash = '#/objects/deployments.apps?ns=shop&at=\(before)'")
        #expect(browser.eventually("document.querySelector('.grid .row')?.textContent.includes('3/3')"))
        try browser.call("Page.reload")
        #expect(browser.eventually("document.querySelector('.grid .row')?.textContent.includes('3/3')"))
        #expect(try browser.evaluate("document.querySelector('.live').getAttribute('aria-pressed')") == "false")
        try browser.evaluate("history.back()")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 5"))

        // The hand on the timeline: as far left as there is anything, there are no pods.
        let place = try browser.evaluate(
            "(() => { const r = document.querySelector('.field').getBoundingClientRect(); return [r.left, r.right, r.top + 30] })()"
        )
        let (left, right, y) = (
            place.elements[0].number ?? 0, place.elements[1].number ?? 0, place.elements[2].number ?? 0
        )
        try browser.drag((0...12).map { (right - 40 - (right - left - 50) * Double($0) / 12, y) })
        #expect(browser.eventually("document.querySelector('.problem h2')?.textContent === 'No pods'"), "the beginning")
        #expect(browser.eventually("location.hash.includes('at=')"))
        let at = try browser.evaluate("new URLSearchParams(location.hash.split('?')[1]).get('at')")
        #expect((Int64(at.string ?? "") ?? .max) < before)

        // The keyboard: a step to the first event about pods, back to the present, search, help.
        try browser.press("ArrowRight")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 1"), "the first pod")
        try browser.press("l")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 5"))
        try browser.press("/")
        try browser.type("nothing like it")
        #expect(browser.eventually("document.querySelector('.problem h2')?.textContent === 'Nothing fits'"))
        try browser.press("Escape")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 5"))
        try browser.press("?")
        #expect(browser.eventually("document.querySelector('dialog[open]')"))
        try browser.press("Escape")
        #expect(browser.eventually("!document.querySelector('dialog')"))
        try browser.press(" ")
        #expect(browser.eventually("document.querySelector('[aria-label=Pause]')"), "it plays")
        try browser.press(" ")

        // One object: its versions, a difference, who set what, why.
        try browser.evaluate("location.hash = '#/object/deployments.apps/shop/web/yaml?at=\(before)'")
        #expect(browser.eventually("document.querySelector('.code')?.textContent.includes('replicas: 3')"))
        try browser.evaluate("location.hash = '#/object/deployments.apps/shop/web/history'")
        #expect(browser.eventually("document.querySelector('.lines')?.textContent.includes('spec.replicas')"))
        try browser.evaluate(
            "[...document.querySelectorAll('.lines tr')].find((row) => row.textContent.includes('spec.replicas')).querySelector('a[href*=diff]').click()"
        )
        #expect(
            browser.eventually(
                "[...document.querySelectorAll('.sides .old')].some((line) => line.textContent.includes('replicas: 3'))"
            ))
        #expect(
            browser.eventually(
                "[...document.querySelectorAll('.sides .new')].some((line) => line.textContent.includes('replicas: 5'))"
            ))
        try browser.evaluate("location.hash = '#/object/deployments.apps/shop/web/blame'")
        #expect(
            browser.eventually(
                "[...document.querySelectorAll('.lines tr')].some((row) => /spec.replicas.*5.*admin/.test(row.textContent))"
            ))
        try browser.evaluate("location.hash = '#/object/deployments.apps/shop/web/graph'")
        #expect(
            browser.eventually("document.querySelectorAll('.graph .box').length >= 7"), "itself, its set, five pods")
        #expect(browser.eventually("document.querySelector('.chain li')"))
        try browser.evaluate("location.hash = '#/nodes'")
        #expect(browser.eventually("document.querySelectorAll('.node .pod').length === 5"))
        try browser.evaluate("location.hash = '#/events'")
        #expect(browser.eventually("document.querySelectorAll('.lines tbody tr').length > 10"))
        try browser.evaluate("location.hash = '#/compare?a=\(before)'")
        #expect(browser.eventually("document.querySelector('.compare-item')"))
        #expect(browser.pageErrors == [])
    }

    /// Somebody with a role in one namespace sees that, and is told plainly about the rest.
    @Test func rightsAreTheClusters() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        try await PageScene.prepare(cluster)
        let browser = try Chromium()
        defer { browser.close() }
        try browser.open(cluster.url + "/ui/#token=alicetoken")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 3"), "the pods of shop alone")
        #expect(try browser.evaluate("location.hash.includes('token')") == false)
        let places = try await cluster.send("GET", "/reckon/v1/pages?resource=pods", token: "alicetoken")
        #expect(places.body["total"] == 3 && places.body["pages"]?[0]?["list"] == "shop", "\(places.body.text)")
        let closed = try await cluster.send("GET", "/reckon/v1/pages?resource=secrets", token: "alicetoken")
        #expect(closed.status == 403)
        let kinds = try browser.evaluate(
            "[...document.querySelectorAll('.side li .cut')].map((one) => one.textContent)")
        #expect(kinds == ["Pod", "Deployment"])
        try browser.evaluate("location.hash = '#/objects/secrets?ns=shop'")
        #expect(browser.eventually("document.querySelector('.problem .said')?.textContent.includes('forbidden')"))
        // Neither the timeline nor the list of events tells of what is not hers.
        let events = try await cluster.send("GET", "/reckon/v1/events?limit=1000", token: "alicetoken")
        #expect(events.status == 200)
        let resources = Set(
            (events.body["items"]?.elements ?? []).flatMap { $0["changes"]?.elements ?? [] }.compactMap {
                $0["resource"]?.string
            })
        #expect(resources == ["pods", "deployments"])
        let timeline = try await cluster.send("GET", "/reckon/v1/timeline?buckets=1", token: "alicetoken")
        #expect(timeline.body["denialsVisible"] == false)
        let names = timeline.body["buckets"]?.elements.first?["byResource"]?.entries.keys ?? []
        #expect(names.sorted() == ["deployments.apps", "pods"])
        #expect(try await cluster.send("GET", "/reckon/v1/timeline", token: "").status == 403)
        let first = try await cluster.send("GET", "/reckon/v1/events/1", token: "alicetoken")
        #expect(first.status == 403)
        #expect(browser.pageErrors == [])
    }

    /// Names for all controls, colours that can be read, and no stall with a hundred thousand objects.
    @Test func itIsForEverybodyAndForManyObjects() async throws {
        let cluster = try ReckonProcess(["up", "--nodes", "simulated:2"])
        defer { cluster.remove() }
        let before = try await PageScene.prepare(cluster)
        let browser = try Chromium()
        defer { browser.close() }
        try browser.open(cluster.url + "/ui/#token=admintoken")
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length === 3"))
        for view in [
            "/objects/pods", "/object/deployments.apps/shop/web/diff", "/nodes", "/events", "/audit", "/compare",
        ] {
            try browser.evaluate("location.hash = '#\(view)'")
            #expect(browser.eventually("!document.querySelector('.busy.on')"))
            let unnamed = try PageScene.controlsWithoutName(browser)
            #expect(unnamed == [], "\(view)")
        }
        #expect(try browser.evaluate(PageScene.landmarks) == ["banner", "contentinfo-or-region", "main", "navigation"])
        let dim = try browser.evaluate(PageScene.poorContrasts)
        #expect(dim == [], "text needs a contrast of 4.5 to 1")

        try browser.answer("*configmaps*", with: PageScene.manyConfigMaps)
        try browser.evaluate(
            "window.long = []; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.long.push(Math.round(entry.duration)) }).observe({ type: 'longtask' }); location.hash = '#/objects/configmaps?at=\(before)'"
        )
        #expect(browser.eventually("document.querySelector('.head').textContent.includes('100,000')"))
        #expect(browser.eventually("document.querySelectorAll('.grid .row').length > 10"))
        // However far, in one step, without what lies between.
        for share in [0.5, 0.99, 0.02] {
            try browser.evaluate(
                "{ const grid = document.querySelector('.grid'); grid.scrollTop = grid.scrollHeight * \(share) }")
            let first = Int(share * 100_000) - 40
            #expect(
                browser.eventually(
                    "(() => { const row = document.querySelector('.grid a.row'); return row?.ariaRowIndex > \(first) && row.ariaRowIndex < \(first + 100) })()",
                    seconds: 5),
                "row \(first) is drawn")
        }
        try browser.evaluate("document.querySelector('.grid').focus()")
        try browser.press("End")
        #expect(
            browser.eventually("document.activeElement.textContent.includes('c099999')", seconds: 5),
            "the last row has the focus")
        let read = try browser.evaluate(
            "performance.getEntriesByType('resource').filter((one) => one.name.includes('/configmaps')).length")
        #expect((read.int ?? 99) < 12, "pages that were read for it")
        try browser.press("/")
        try browser.type("c099999")
        #expect(
            browser.eventually("document.querySelector('.head').textContent.includes('1 of 100,000')", seconds: 40),
            "all are read, one fits")
        #expect(try browser.evaluate("document.querySelectorAll('.grid .row').length") == 1)
        // In the order of a column.
        try browser.press("Escape")
        try browser.evaluate(
            "[...document.querySelectorAll('.columns button')].find((one) => one.textContent === 'Data').click()")
        try browser.evaluate(
            "[...document.querySelectorAll('.columns button')].find((one) => one.textContent === 'Data').click()")
        #expect(
            browser.eventually("document.querySelector('.grid .row')?.textContent.includes('c00009696')"),
            "the most first")
        #expect(try browser.evaluate("document.querySelector('[aria-sort=descending]').textContent") == "Data")
        let long = try browser.evaluate("window.long.sort((a, b) => b - a).slice(0, 5)")
        #expect((long.elements.first?.int ?? 0) < 400, "tasks that held the page up, in milliseconds: \(long.text)")
        #expect(browser.pageErrors == [])
    }

    /// A certificate that the browser shows signs in by itself, and goes before a token: the page says so.
    @Test(
        .enabled(
            if: BrowserCertificate.canBeShown,
            "a browser's certificate needs root, openssl and certutil: tools/bootstrap --test installs them"))
    func aCertificateSignsIn() async throws {
        let cluster = try ReckonProcess(["apiserver"])
        defer { cluster.remove() }
        let certificate = try BrowserCertificate(kubeconfig: cluster.kubeconfig, for: cluster.url)
        defer { certificate.remove() }
        let browser = try Chromium(home: certificate.home)
        defer { browser.close() }
        try browser.open(cluster.url + "/ui/")
        #expect(browser.eventually("document.querySelector('.who')?.textContent === 'kubernetes-admin'"))
        #expect(try browser.evaluate("sessionStorage.length") == 0)
        try browser.evaluate(
            "[...document.querySelectorAll('.top button')].find((one) => one.textContent === 'Use a token').click()")
        #expect(browser.eventually("document.activeElement.id === 'token'"))
        try browser.type("alicetoken")
        try browser.press("Enter")
        #expect(browser.eventually("document.querySelector('.error')?.textContent.includes('goes before any token')"))
        try browser.evaluate(
            "[...document.querySelectorAll('form button')].find((one) => one.textContent === 'Use a certificate').click()"
        )
        #expect(browser.eventually("document.querySelector('.who')?.textContent === 'kubernetes-admin'"))
        #expect(browser.pageErrors == [])
    }

    /// What a recorder did not see is drawn as not observed, and a moment inside says so.
    @Test func whatWasNotObservedIsSeen() async throws {
        let source = try ReckonProcess(["apiserver"])
        defer { source.remove() }
        let recording = source.directory.path + "/recording"
        let record = ["record", "--kubeconfig", source.kubeconfig, "--data", recording]
        var recorder = try BackgroundCommand(record, directory: source.directory)
        defer { recorder.stop() }
        try await Task.sleep(nanoseconds: 1_500_000_000)
        recorder.crash()
        let died = Date()
        try await Task.sleep(nanoseconds: 2_500_000_000)
        recorder = try BackgroundCommand(record, directory: source.directory)
        let shown = try BackgroundCommand(["serve", "--data", recording], directory: source.directory)
        defer { shown.stop() }
        let browser = try Chromium()
        defer { browser.close() }
        // The link that it prints signs in, and `reckon ui` makes it of the kubeconfig.
        let link = try Tools.run([Tools.reckon, "ui"], environment: ["KUBECONFIG": shown.kubeconfig]).output
        try browser.open(link.split(separator: "\n").first.map(String.init) ?? "")
        #expect(
            browser.eventually("document.querySelector('.legend')?.textContent.includes('not observed')"),
            "the timeline has a gap")
        let form = ISO8601DateFormatter()
        form.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        let inside = form.string(from: died.addingTimeInterval(1))
        try browser.evaluate("location.hash = '#/objects/configmaps?at=\(inside)'")
        #expect(
            browser.eventually(
                "[...document.querySelectorAll('.strip')].some((one) => !one.hidden && /was not observed|seen only afterwards/.test(one.textContent))"
            ), "a line over the list says so")
        #expect(
            browser.eventually(
                "/ ago .*not observed/.test(document.querySelector('.what').textContent)"
            ), "beside the clock of the past")
        #expect(
            browser.eventually("document.querySelector('[role=slider]').ariaValueText.includes('not observed')"),
            "for those who listen")
        try browser.press("l")
        #expect(browser.eventually("[...document.querySelectorAll('.strip')].every((one) => one.hidden)"))
        #expect(browser.pageErrors == [])
    }

    /// The files themselves: few bytes, right types, a strict policy, and nothing from elsewhere.
    @Test func theFilesAreSmallAndStrict() async throws {
        let server = try ReckonProcess(["apiserver"])
        defer { server.remove() }
        let index = try await server.send("GET", "/ui/", token: "")
        #expect(index.status == 200)
        let html = index.body.string ?? ""
        var files = Set(html.matches(of: /(?:src|href)="([a-z]+\.[a-z]+)"/).map { String($0.1) })
        var bytes = html.utf8.count
        var seen: Set<String> = []
        while let file = files.subtracting(seen).sorted().first {
            seen.insert(file)
            let answer = try await server.send("GET", "/ui/" + file, token: "")
            #expect(answer.status == 200, "\(file)")
            let text = answer.body.string ?? answer.body.text
            bytes += text.utf8.count
            files.formUnion(text.matches(of: /from '\.\/([a-z]+\.js)'/).map { String($0.1) })
            let headers = Dictionary(answer.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
            let type = file.hasSuffix("js") ? "text/javascript" : file.hasSuffix("css") ? "text/css" : "image/svg+xml"
            #expect(headers["content-type"]?.hasPrefix(type) == true, "\(file)")
            #expect(headers["content-security-policy"]?.contains("default-src 'none'; script-src 'self'") == true)
            #expect(headers["content-security-policy"]?.contains("unsafe") == false)
            #expect(headers["x-content-type-options"] == "nosniff")
            let tag = try #require(headers["etag"])
            let again = try await server.send("GET", "/ui/" + file, token: "", headers: [("If-None-Match", tag)])
            #expect(again.status == 304)
            #expect(text.contains("http://www.w3.org") || !text.contains("http:"), "\(file) asks elsewhere")
            #expect(!text.contains("innerHTML"), "\(file)")
        }
        #expect(seen.count > 20)
        #expect(bytes < 300_000, "\(bytes) bytes")
        #expect(!html.contains("<style") && !html.contains("onclick") && !html.contains("<script>"))
        #expect(try await server.send("POST", "/ui/", token: "").status == 405)
        #expect(try await server.send("GET", "/ui/../etc/passwd", token: "").status == 404)
        #expect(try await server.send("GET", "/ui/nothing.js", token: "").status == 404)
    }
}
