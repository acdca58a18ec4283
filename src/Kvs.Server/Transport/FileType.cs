using System.Runtime.InteropServices;

namespace Kvs.Server.Transport;

/// <summary>Tells a socket from other files, which the base library cannot. Any thread.</summary>
internal static partial class FileType
{
    private const int AtCurrentFolder = -100;
    private const int NoFollow = 0x100;
    private const uint TypeAsked = 1;
    private const int ModeOffset = 28;
    private const int ResultBytes = 256;
    private const int TypeMask = 0xF000;
    private const int Socket = 0xC000;

    /// <summary>Whether there is a socket at this path; false as well where there is nothing.</summary>
    internal static bool IsSocket(string path)
    {
        // The one call of its family whose result has the same layout on every processor.
        Span<byte> result = stackalloc byte[ResultBytes];
        result.Clear();
        return ReadStatus(AtCurrentFolder, path, NoFollow, TypeAsked, result) == 0 &&
               (BitConverter.ToUInt16(result[ModeOffset..]) & TypeMask) == Socket;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ReadStatus(int folder, string path, int flags, uint mask, Span<byte> result);
}
