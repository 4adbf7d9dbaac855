import Document

/// Defaults of one volume of a pod.
enum VolumeDefaults {
    static func apply(_ volume: inout JSON) {
        if !volume.entries.contains(where: { $0.key != "name" && !$0.value.isNull }) { volume["emptyDir"] = [:] }
        for key in ["secret", "configMap", "downwardAPI", "projected"] {
            volume.modify(key) { $0.fill("defaultMode", 420) }
        }
        volume.modify("downwardAPI") { applyToFiles(&$0) }
        volume.modify("projected") { projected in
            projected.modify("sources") { sources in
                sources.modifyElements { _, source in
                    source.modify("downwardAPI") { applyToFiles(&$0) }
                    source.modify("serviceAccountToken") { $0.fill("expirationSeconds", 3600) }
                }
            }
        }
        volume.modify("hostPath") { $0.fill("type", "") }
        volume.modify("image") { image in
            if image.text("pullPolicy").isEmpty {
                image["pullPolicy"] = .string(PodSpecDefaults.pullPolicy(forImage: image.text("reference")))
            }
        }
        volume.modify("ephemeral") { ephemeral in
            ephemeral.modify("volumeClaimTemplate") { template in
                template.modify("spec") { $0.fill("volumeMode", "Filesystem") }
            }
        }
        applyToDisks(&volume)
    }

    private static func applyToFiles(_ source: inout JSON) {
        source.modify("items") { items in
            items.modifyElements { _, item in
                item.modify("fieldRef") { $0.fillText("apiVersion", "v1") }
                item.modify("resourceFieldRef") { $0.fill("divisor", "0") }
            }
        }
    }

    /// Defaults that volumes in pods and persistent volumes share.
    static func applyToDisks(_ source: inout JSON) {
        source.modify("iscsi") { $0.fillText("iscsiInterface", "default") }
        source.modify("rbd") { disk in
            disk.fillText("pool", "rbd")
            disk.fillText("user", "admin")
            disk.fillText("keyring", "/etc/ceph/keyring")
        }
        source.modify("azureDisk") { disk in
            disk.fill("cachingMode", "ReadWrite")
            disk.fill("kind", "Shared")
            disk.fill("fsType", "ext4")
            disk.fill("readOnly", false)
        }
        source.modify("scaleIO") { disk in
            disk.fillText("storageMode", "ThinProvisioned")
            disk.fillText("fsType", "xfs")
        }
    }
}
