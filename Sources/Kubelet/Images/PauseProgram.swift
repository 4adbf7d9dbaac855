/// The process that holds a sandbox's namespaces open: a static program of a few instructions.
enum PauseProgram {
    /// An ELF executable that ignores SIGCHLD, so that the kernel reaps orphans of a shared PID namespace by itself, and then
    /// waits in pause(2) for ever. nil on a processor it is not written for.
    static var executable: [UInt8]? {
        #if arch(x86_64)
            return elf(machine: 62, code: x86)
        #else
            return nil
        #endif
    }

    // rt_sigaction(SIGCHLD, {SIG_IGN}, NULL, 8); for (;;) pause();
    private static let x86: [UInt8] = [
        0x31, 0xC0,  // xor eax, eax
        0x50, 0x50, 0x50,  // push rax ×3: mask, restorer, flags
        0xFF, 0xC0, 0x50,  // inc eax; push rax: SIG_IGN
        0xB8, 13, 0, 0, 0,  // mov eax, rt_sigaction
        0xBF, 17, 0, 0, 0,  // mov edi, SIGCHLD
        0x48, 0x89, 0xE6,  // mov rsi, rsp
        0x31, 0xD2,  // xor edx, edx
        0x41, 0xBA, 8, 0, 0, 0,  // mov r10d, 8
        0x0F, 0x05,  // syscall
        0xB8, 34, 0, 0, 0,  // mov eax, pause
        0x0F, 0x05,  // syscall
        0xEB, 0xF7,  // jmp to the pause
    ]

    private static func elf(machine: UInt16, code: [UInt8]) -> [UInt8] {
        let base: UInt64 = 0x400000
        let headerSize: UInt64 = 64 + 56
        var out: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        func put<T: FixedWidthInteger>(_ value: T) {
            withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) }
        }
        put(UInt16(2))  // executable
        put(machine)
        put(UInt32(1))
        put(base + headerSize)  // entry
        put(UInt64(64))  // program headers
        put(UInt64(0))  // no sections
        put(UInt32(0))
        for value: UInt16 in [64, 56, 1, 0, 0, 0] { put(value) }
        put(UInt32(1))  // load
        put(UInt32(5))  // readable, executable
        put(UInt64(0))
        put(base)
        put(base)
        let size = headerSize + UInt64(code.count)
        put(size)
        put(size)
        put(UInt64(0x1000))
        return out + code
    }
}
