import Admission
import ClusterState
import Document
import Records
import Requests
import Schema
import Testing

/// Several writes at once ask webhooks as single ones do: about each object, before the decision, without a network.
@Suite struct AmendmentTrialTests {
    private typealias Hooks = WebhookDecisionTests

    /// What came of an amendment, and how it was asked for.
    private struct Outcome {
        var decision: Result<Decision, Refusal>
        var calls: [WebhookCall] = []
        var rounds = 0
    }

    private func ground(_ hooked: Hooks.Hooked) -> DecisionGround {
        DecisionGround(
            state: hooked.cluster.state, catalog: hooked.cluster.catalog, settings: ClusterSettings(),
            webhooks: WebhookDirectory.of(hooked.cluster.state))
    }

    private func amendment(
        _ ground: DecisionGround, _ plan: @escaping @Sendable (DecisionGround) throws(APIError) -> [Amendment.Write]
    ) throws -> Amendment {
        Amendment(
            rights: Set(try plan(ground).map(Amendment.Right.init)), user: SmallCluster.admin, manager: "undo", seed: 9,
            plan: plan)
    }

    /// Asks until nothing is left to ask, then decides as the writer does.
    private func settle(_ amendment: Amendment, _ ground: DecisionGround, _ answer: (WebhookCall) -> JSON) -> Outcome {
        var outcome = Outcome(decision: .failure(Refusal(error: .internalError("endless"))))
        let now = Timestamp(seconds: 1_800_100_000)
        do throws(Refusal) {
            var trial = try AmendmentTrial(amendment, on: ground, now: now)
            while outcome.rounds < 1000 {
                let questions = trial.questions()
                if questions.isEmpty { break }
                outcome.rounds += 1
                outcome.calls += questions.map(\.call)
                trial.take(
                    questions.map { question in
                        var response = answer(question.call)
                        response["uid"] = "u"
                        let review: JSON = [
                            "apiVersion": .string(question.call.apiVersion), "kind": .string(question.call.kind),
                            "response": response,
                        ]
                        return WebhookAnswer(
                            call: question.call, uid: "u",
                            reply: .answered(status: 200, contentType: "", body: review.encoded()), latency: 7)
                    }, to: questions)
            }
            // The writer decides later, and needs to ask nothing.
            outcome.decision = .success(try trial.amendment.decide(on: ground, now: now.adding(seconds: 5)))
        } catch {
            outcome.decision = .failure(error)
        }
        return outcome
    }

    /// As long as every uid is: only such words are taken for one.
    private static func former(_ name: String) -> String { name + String(repeating: "0", count: 36 - name.utf8.count) }

    private static func map(_ name: String, _ data: JSON = ["k": "v"], owner: String? = nil) -> Amendment.Write {
        var write = Amendment.Write(.create, ObjectKey(resource: "configmaps", namespace: "x", name: name))
        write.object = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "x"],
            "data": data,
        ]
        write.formerUID = former(name)
        if let owner {
            write.object["metadata", "ownerReferences"] = [
                ["apiVersion": "v1", "kind": "ConfigMap", "name": .string(owner), "uid": .string(former(owner))]
            ]
        }
        return write
    }

    private func hooked() throws -> Hooks.Hooked {
        var hooked = try Hooks.Hooked()
        try hooked.configure("mutatingwebhookconfigurations", "a", [Hooks.hook("a1.e.com")])
        try hooked.configure("validatingwebhookconfigurations", "b", [Hooks.hook("b1.e.com")])
        return hooked
    }

    @Test func eachWriteIsAskedAboutOnceAndSeveralAtATime() throws {
        let ground = ground(try hooked())
        let plan: @Sendable (DecisionGround) throws(APIError) -> [Amendment.Write] = { _ in
            (0..<100).map { Self.map("m\($0)") }
        }
        let outcome = settle(try amendment(ground, plan), ground) { call in
            call.purpose == .mutating
                ? Hooks.patch([["op": "add", "path": "/data/hooked", "value": call.request["name"] ?? ""] as JSON])
                : ["allowed": true]
        }
        let decision = try outcome.decision.get()
        #expect(decision.changes.count == 100)
        for change in decision.changes {
            #expect(try JSON(parsing: change.body)["data", "hooked"] == .string(change.key.name))
        }
        #expect(outcome.calls.count == 200, "each by both, none twice")
        #expect(outcome.rounds <= 10, "\(outcome.rounds) rounds for 100 objects")
        #expect(outcome.calls.allSatisfy { $0.request["dryRun"] == false })
        // What is recorded says which object was asked about.
        let told = decision.admission.filter { $0.effect == .answered }
        #expect(told.count == 200)
        #expect(try JSON(parsing: Array(told[0].detail.utf8))["object"] == "configmaps/x/m0")
    }

    @Test func oneRefusalStopsAllUnlessItMayBeLeftOut() throws {
        let ground = ground(try hooked())
        let plan: @Sendable (DecisionGround) throws(APIError) -> [Amendment.Write] = { _ in
            (0..<5).map { Self.map("m\($0)") }
        }
        let answer: (WebhookCall) -> JSON = { call in
            call.purpose == .validating && call.request["name"] == "m3"
                ? ["allowed": false, "status": ["message": "not this one"]] : ["allowed": true]
        }
        var amendment = try amendment(ground, plan)
        guard case .failure(let refusal) = settle(amendment, ground, answer).decision else {
            Issue.record("it was let through")
            return
        }
        #expect(refusal.wanted.isEmpty && refusal.error.message.contains("not this one"), "\(refusal.error.message)")
        #expect(refusal.error.message.contains("configmaps/x/m3"))
        amendment.skipsRefused = true
        let decision = try settle(amendment, ground, answer).decision.get()
        #expect(decision.changes.map(\.key.name) == ["m0", "m1", "m2", "m4"])
        #expect(decision.answer["refused"]?[0]?["object"] == "configmaps/x/m3")
    }

    @Test func whatBuildsOnAnotherIsAskedAboutWithItsNewName() throws {
        let ground = ground(try hooked())
        let plan: @Sendable (DecisionGround) throws(APIError) -> [Amendment.Write] = { _ in
            [Self.map("parent"), Self.map("child", owner: "parent")]
        }
        let outcome = settle(try amendment(ground, plan), ground) { _ in ["allowed": true] }
        let decision = try outcome.decision.get()
        let parent = try #require(decision.changes.first { $0.key.name == "parent" })
        let asked = outcome.calls.filter { $0.request["name"] == "child" }
        #expect(asked.count == 2)
        #expect(
            asked.allSatisfy { $0.request["object", "metadata", "ownerReferences"]?[0]?["uid"] == .string(parent.uid) })
    }

    @Test func aDryRunIsToldAsOne() throws {
        let ground = ground(try hooked())
        var rehearsal = try amendment(ground) { _ in [Self.map("one"), Self.map("two")] }
        rehearsal.isDryRun = true
        let outcome = settle(rehearsal, ground) { _ in ["allowed": true] }
        #expect(try outcome.decision.get().changes.count == 2)
        #expect(outcome.calls.count == 4 && outcome.calls.allSatisfy { $0.request["dryRun"] == true })
        #expect(outcome.calls.allSatisfy { $0.request["options", "dryRun"] == ["All"] })
    }

    @Test func withoutAnswersTheWriterSaysWhatItNeeds() throws {
        let ground = ground(try hooked())
        let amendment = try amendment(ground) { _ in [Self.map("one"), Self.map("two")] }
        do throws(Refusal) {
            _ = try amendment.decide(on: ground, now: Timestamp(seconds: 1))
            Issue.record("nobody was asked")
        } catch {
            #expect(error.wanted.count == 2 && error.error.isWaiting)
        }
    }
}
