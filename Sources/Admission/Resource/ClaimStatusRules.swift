import Document
import Schema

/// The status of a claim: what was allocated, for whom, and how the devices are.
enum ClaimStatusRules {
    private static let consumersMax = 256
    private static let resultsMax = 32
    private static let conditionsMax = 8
    private static let dataBytesMax = 10 * 1024
    private static let interfaceNameBytesMax = 256
    private static let hardwareAddressBytesMax = 128
    private static let addressesMax = 16

    static func validate(_ object: JSON, old: JSON) -> [FieldError] {
        let status = object["status"] ?? .null
        let before = old["status"] ?? .null
        let names = DeviceClaimRules.RequestNames(object["spec", "devices"] ?? .null)
        var errors = ObjectMetaRules.revalidate(object, old: old)
        let consumers = status.list("reservedFor")
        DeviceClaimRules.validateSet(consumers, consumersMax, "status.reservedFor", &errors) {
            consumer, path, errors in
            for field in ["resource", "name", "uid"] where consumer.text(field).isEmpty {
                errors.append(.required("\(path).\(field)"))
            }
        } key: {
            .string($0.text("uid"))
        }
        let allocation = status.given("allocation")
        let allocated = allocated(object)
        DeviceClaimRules.validateSet(status.list("devices"), .max, "status.devices", &errors) { device, path, errors in
            validateDevice(device, path, allocated, &errors)
        } key: {
            .string(identity($0))
        }
        if !consumers.isEmpty {
            if allocation == nil {
                errors.append(
                    .forbidden("status.reservedFor", "may not be specified when `allocated` is not set"))
            } else if object["metadata"]?.has("deletionTimestamp") ?? false {
                let known = before.list("reservedFor")
                if consumers.contains(where: { !known.contains($0) }) {
                    errors.append(
                        .forbidden(
                            "status.reservedFor",
                            "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set")
                    )
                }
            }
        }
        guard let allocation else { return errors }
        if let earlier = before.given("allocation") {
            errors += Immutability.check(allocation, earlier, path: "status.allocation")
        } else {
            validateAllocation(allocation, "status.allocation", names, &errors)
        }
        return errors
    }

    /// A device as `driver/pool/device`, with the share of it if it has several.
    static func identity(_ device: JSON) -> String {
        let name = ["driver", "pool", "device"].map { device.text($0) }.joined(separator: "/")
        return device["shareID"]?.string.map { name + "/" + $0 } ?? name
    }

    /// The devices that a claim has.
    static func allocated(_ claim: JSON) -> Set<String> {
        Set((claim["status", "allocation"]?["devices"]?.list("results") ?? []).map(identity))
    }

    private static func validateAllocation(
        _ allocation: JSON, _ at: String, _ names: DeviceClaimRules.RequestNames, _ errors: inout [FieldError]
    ) {
        let devices = allocation["devices"] ?? .null
        let results = devices.list("results")
        if results.count > resultsMax {
            errors.append(.tooMany(at + ".devices.results", results.count, resultsMax))
        } else {
            for (i, result) in results.enumerated() {
                let path = "\(at).devices.results[\(i)]"
                names.validateReference(result.text("request"), path + ".request", &errors)
                errors += CSIDriverName.validate(result.text("driver"), path: path + ".driver")
                errors += DeviceNames.validatePool(result.text("pool"), path + ".pool")
                errors += DeviceNames.validateLabel(result.text("device"), path + ".device")
                DeviceRules.validateBinding(result, path, &errors)
                if let share = result["shareID"]?.string {
                    errors += DeviceNames.validateUUID(share, path + ".shareID")
                }
            }
        }
        let configurations = devices.list("config")
        let configurationsMax = 2 * DeviceClaimRules.configurationsMax
        if configurations.count > configurationsMax {
            errors.append(.tooMany(at + ".devices.config", configurations.count, configurationsMax))
        } else {
            for (i, configuration) in configurations.enumerated() {
                let path = "\(at).devices.config[\(i)]"
                let source = configuration.text("source")
                if source.isEmpty {
                    errors.append(.required(path + ".source"))
                } else if source != "FromClaim", source != "FromClass" {
                    errors.append(.notSupported(path + ".source", .string(source), ["FromClaim", "FromClass"]))
                }
                names.validateReferences(configuration.list("requests"), path + ".requests", &errors)
                DeviceClaimRules.validateConfiguration(configuration, path, &errors)
            }
        }
        if let selector = allocation.given("nodeSelector") {
            AffinityValidation.validateNodeSelector(selector, path: at + ".nodeSelector", &errors)
        }
    }

    private static func validateDevice(
        _ device: JSON, _ path: String, _ allocated: Set<String>, _ errors: inout [FieldError]
    ) {
        errors += CSIDriverName.validate(device.text("driver"), path: path + ".driver")
        errors += DeviceNames.validatePool(device.text("pool"), path + ".pool")
        errors += DeviceNames.validateLabel(device.text("device"), path + ".device")
        if let share = device["shareID"]?.string { errors += DeviceNames.validateUUID(share, path + ".shareID") }
        if !allocated.contains(identity(device)) {
            errors.append(
                .invalidDump(
                    path, InternalForm.text(device, "SharedDeviceID"), "must be an allocated device in the claim"))
        }
        let conditions = device.list("conditions")
        if conditions.count > conditionsMax {
            errors.append(.tooMany(path + ".conditions", conditions.count, conditionsMax))
        }
        errors += ConditionRules.validate(conditions, path: path + ".conditions")
        if let data = device.given("data") {
            errors += DeviceClaimRules.validateRaw(data, path + ".data", dataBytesMax)
        }
        guard let network = device.given("networkData") else { return }
        for (field, most) in [
            ("interfaceName", interfaceNameBytesMax), ("hardwareAddress", hardwareAddressBytesMax),
        ] where network.text(field).utf8.count > most {
            errors.append(.tooLong("\(path).networkData.\(field)", most))
        }
        DeviceClaimRules.validateSet(
            network.list("ips"), addressesMax, path + ".networkData.ips", &errors
        ) { address, at, errors in
            errors += AddressRules.validateInterfaceAddress(address.string ?? "", path: at)
        } key: {
            $0
        }
    }
}
