using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Kvs.CommandLine;

namespace Kvs.Bench.Torture;

/// <summary>
/// A disk whose power can be cut: a file with an ext4 file system in it, mounted through a loop device. Its shutdown
/// call drops everything that was not synced, from one instant to the next, while programs go on. Root only.
/// </summary>
internal sealed unsafe class PowerCutDisk : IDisposable
{
    private const long Bytes = 512L * 1024 * 1024;
    private const int PageBytes = 4096;
    private const int UnmountAttempts = 200;
    private const int UnmountRestMs = 25;

    private readonly string _image;
    private readonly string _mount;
    private bool _isMounted;

    /// <summary>Makes the disk in a folder.</summary>
    /// <exception cref="ProgramException">It cannot be made here; the message says what is missing.</exception>
    internal PowerCutDisk(string folder)
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            throw new ProgramException("--power-cut mounts a file system, which only root can do, and only on Linux.");
        }

        _image = Path.Combine(folder, "disk");
        _mount = Path.Combine(folder, "mount");
        Directory.CreateDirectory(_mount);
        using (FileStream image = File.Create(_image))
        {
            image.SetLength(Bytes);
        }

        Require("mkfs.ext4", "-q", "-F", _image);
        Mount();
    }

    /// <summary>Where its files are, while it is mounted.</summary>
    internal string Folder => _mount;

    /// <summary>Drops what was not synced, from now on.</summary>
    /// <param name="random">Chooses pages that have reached the disk by themselves before.</param>
    internal void Cut(Random random)
    {
        WriteBackSome(random);
        int descriptor = Open(_mount, flags: 0);
        uint how = TortureCalls.ShutdownWithoutJournal;
        int result = TortureCalls.Control(descriptor, TortureCalls.Shutdown, &how);
        string error = LastError();
        _ = TortureCalls.Close(descriptor);
        if (result != 0)
        {
            throw new ProgramException($"The power of {_mount} could not be cut: {error}.");
        }
    }

    /// <summary>The next boot: the disk is read anew. Nobody may have files of it open.</summary>
    internal void Restart()
    {
        Unmount();
        Mount();
    }

    public void Dispose()
    {
        if (_isMounted)
        {
            Unmount();
        }
    }

    private void Mount()
    {
        Require("mount", "-o", "loop", _image, _mount);
        _isMounted = true;
    }

    private void Unmount()
    {
        // A process that was killed a moment ago may still be about to let go of its files.
        for (int attempt = 1; ; attempt++)
        {
            (int exitCode, string error) = Run("umount", _mount);
            if (exitCode == 0)
            {
                _isMounted = false;
                return;
            }

            if (attempt == UnmountAttempts)
            {
                throw new ProgramException($"{_mount} could not be unmounted: {error}. Try: umount {_mount}");
            }

            Thread.Sleep(UnmountRestMs);
        }
    }

    private void WriteBackSome(Random random)
    {
        foreach (string path in Directory.EnumerateFiles(_mount, "segment-*", SearchOption.AllDirectories))
        {
            // It may have been removed, or have got another name.
            int descriptor = TortureCalls.Open(path, TortureCalls.ReadWrite | TortureCalls.CloseOnExec);
            if (descriptor < 0)
            {
                continue;
            }

            for (int part = random.Next(3); part > 0; part--)
            {
                long offset = (long)random.Next(64) * PageBytes;
                long length = (long)random.Next(1, 32) * PageBytes;
                _ = TortureCalls.WriteBack(descriptor, offset, length, TortureCalls.WriteAndWait);
            }

            _ = TortureCalls.Close(descriptor);
        }
    }

    private static int Open(string path, int flags)
    {
        int descriptor = TortureCalls.Open(path, flags | TortureCalls.CloseOnExec);
        return descriptor >= 0 ? descriptor : throw new ProgramException($"Could not open {path}: {LastError()}.");
    }

    private static string LastError() => new Win32Exception(Marshal.GetLastPInvokeError()).Message;

    private static void Require(string program, params string[] arguments)
    {
        (int exitCode, string error) = Run(program, arguments);
        if (exitCode != 0)
        {
            throw new ProgramException(
                $"--power-cut needs a loop device with ext4, and {program} {string.Join(' ', arguments)} failed: " +
                $"{error} (exit code {exitCode}). Containers often may not mount; run it on the machine itself.");
        }
    }

    private static (int ExitCode, string Error) Run(string program, params string[] arguments)
    {
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardError = true,
            })!;
            string error = process.StandardError.ReadToEnd().Trim();
            process.WaitForExit();
            return (process.ExitCode, error);
        }
        catch (Win32Exception e)
        {
            return (-1, e.Message);
        }
    }
}
