import Controllers
import Document
import Records
import Testing

/// Claims that ask for a certain volume, or for more than they have.
@Suite struct ClaimTests {
    private func volume(_ name: String, _ change: (inout JSON) -> Void = { _ in }) -> JSON {
        var volume: JSON = [
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": ["name": .string(name)],
            "spec": ["accessModes": ["ReadWriteOnce"], "capacity": ["storage": "1Gi"], "storageClassName": "c"],
        ]
        change(&volume)
        return volume
    }
    private func claim(_ name: String, _ change: (inout JSON) -> Void = { _ in }) -> JSON {
        var claim: JSON = [
            "apiVersion": "v1", "kind": "PersistentVolumeClaim",
            "metadata": ["name": .string(name), "namespace": "default"],
            "spec": [
                "accessModes": ["ReadWriteOnce"], "resources": ["requests": ["storage": "1Gi"]],
                "storageClassName": "c", "volumeName": "v",
            ],
        ]
        change(&claim)
        return claim
    }
    private func messages(_ run: Simulation) -> [String] {
        run.cluster.list("events").compactMap { $0["message"]?.string }
    }

    private static let misfits: [(field: String, value: JSON, why: String)] = [
        ("storageClassName", "d", "storageClassName does not match"),
        ("volumeMode", "Block", "incompatible volumeMode"),
        ("accessModes", ["ReadWriteMany"], "incompatible accessMode"),
        ("resources", ["requests": ["storage": "2Gi"]], "requested PV is too small"),
    ]

    @Test func aVolumeThatDoesNotFitIsNotTaken() throws {
        for (field, value, why) in Self.misfits {
            var run = Simulation([PersistentVolumeController()]) {
                _ = $0.create(volume("v"), "persistentvolumes")
                _ = $0.create(claim("a") { $0["spec", field] = value }, "persistentvolumeclaims")
            }
            run.settle()
            #expect(messages(run) == ["Cannot bind to requested volume \"v\": \(why)"])
            #expect(run.cluster.get("persistentvolumeclaims", "default", "a")?["status", "phase"] == "Pending")
            #expect(run.cluster.get("persistentvolumes", "", "v")?["spec", "claimRef"] == nil)
        }
    }

    @Test func aVolumeOfAnotherClaimStaysItsOwn() throws {
        var run = Simulation([PersistentVolumeController()]) {
            let reference: JSON = ["namespace": "default", "name": "z"]
            _ = $0.create(volume("v") { $0["spec", "claimRef"] = reference }, "persistentvolumes")
            _ = $0.create(claim("a"), "persistentvolumeclaims")
        }
        run.settle()
        #expect(messages(run) == ["volume \"v\" already bound to a different claim."])
    }

    @Test func whoAsksForMoreIsTold() throws {
        var run = Simulation([VolumeExpandController()]) {
            _ = $0.create(volume("v") { $0["spec", "claimRef"] = ["uid": "uid-2"] }, "persistentvolumes")
            var bound = claim("a") { $0["spec", "resources", "requests", "storage"] = "2Gi" }
            bound["status"] = ["phase": "Bound", "capacity": ["storage": "1Gi"]]
            _ = $0.create(bound, "persistentvolumeclaims")
            bound["metadata", "name"] = "enough"
            bound["status", "capacity", "storage"] = "2Gi"
            _ = $0.create(bound, "persistentvolumeclaims")
        }
        run.settle()
        #expect(messages(run) == ["waiting for an external controller to expand this PVC"])
    }
}
