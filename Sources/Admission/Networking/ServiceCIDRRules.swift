import Addresses
import Document
import Schema

struct ServiceCIDRRules: KindRules {
    func prepareForCreate(_ object: inout JSON, _ context: inout WriteContext) throws(APIError) {
        object["status"] = [:]
    }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        let cidrs = object["spec", "cidrs"]?.strings ?? []
        let path = "spec.cidrs"
        if cidrs.isEmpty { return [.required(path, "at least one CIDR required")] }
        var errors: [FieldError] = []
        if cidrs.count > 2 {
            errors.append(.invalid(path, .array(cidrs.map { .string($0) }), "may only hold up to 2 values"))
        }
        if cidrs.count == 2, let a = AddressRange(cidrs[0]), let b = AddressRange(cidrs[1]),
            a.address.isIPv6 == b.address.isIPv6
        {
            errors.append(
                .invalid(
                    path, .array(cidrs.map { .string($0) }),
                    "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64"))
        }
        for (i, cidr) in cidrs.enumerated() where errors.hasRoom {
            errors += AddressRules.validateCanonicalCIDR(cidr, path: "\(path)[\(i)]")
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        var errors = ObjectMetaRules.revalidate(object, old: old)
        if subresource == "status" { return errors }
        let (new, was) = (object["spec", "cidrs"]?.strings ?? [], old["spec", "cidrs"]?.strings ?? [])
        // One range may become two of both families; nothing else changes.
        let grows = was.count == 1 && new.count == 2
        guard grows || new.count == was.count else {
            return errors + Immutability.check(object["spec", "cidrs"], old["spec", "cidrs"], path: "spec.cidrs")
        }
        for (i, (now, before)) in zip(new, was).enumerated() where now != before {
            errors.append(.invalid("spec.cidrs[\(i)]", .string(now), Message.immutable))
        }
        return errors + (grows ? validateCreate(object, context) : [])
    }
}

/// IPAddress: one allocated address, named after it.
struct IPAddressRules: KindRules {
    var nameRule: NameRule { .address }

    func validateCreate(_ object: JSON, _ context: WriteContext) -> [FieldError] {
        var errors: [FieldError] = []
        guard let parent = object["spec"]?.given("parentRef") else { return errors + [.required("spec.parentRef")] }
        let group = parent.text("group")
        if !group.isEmpty { errors.addInvalid("spec.parentRef.group", .string(group), Names.dnsSubdomain(group)) }
        for field in ["resource", "name"] {
            let value = parent.text(field)
            if value.isEmpty {
                errors.append(.required("spec.parentRef." + field))
            } else {
                errors.addInvalid("spec.parentRef." + field, .string(value), Names.pathSegment(value))
            }
        }
        let namespace = parent.text("namespace")
        if !namespace.isEmpty {
            errors.addInvalid("spec.parentRef.namespace", .string(namespace), Names.pathSegment(namespace))
        }
        return errors
    }

    func validateUpdate(_ object: JSON, old: JSON, subresource: String, _ context: WriteContext) -> [FieldError] {
        let (now, before) = (object["spec"]?.given("parentRef"), old["spec"]?.given("parentRef"))
        return validateCreate(object, context) + ObjectMetaRules.revalidate(object, old: old)
            + (now == nil
                ? Immutability.check(now, before, path: "spec.parentRef")
                : Immutability.check(now, before, path: "spec.parentRef", form: "ParentReference"))
    }
}
