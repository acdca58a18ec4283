using System.Globalization;
using System.Text;
using Kvs.Testing;

namespace Kvs.Tests;

/// <summary>
/// A log of 1 MiB with every kind of frame in it that a store at work writes, in segments that are sealed, with their
/// footers, and in those of a session that never ended; and what it must hold.
/// </summary>
internal sealed class MebibyteLog : IDisposable
{
    private const int SegmentBytes = 128 * 1024;
    private const int LogBytes = 1024 * 1024;
    private const int Keys = 300;

    private static readonly DateTimeOffset s_never = DateTimeOffset.UnixEpoch.AddYears(1000);

    private readonly SimulatedFiles _files = new();
    private readonly Dictionary<string, byte[]?> _values = [];
    private readonly Random _random = new(7);

    internal MebibyteLog()
    {
        using (KvStore store = Open(_files))
        {
            WriteUntil(store, LogBytes * 3 / 4);
        }

        // The second session dies; all it wrote is durable.
        KvStore last = Open(_files);
        WriteUntil(last, LogBytes);
        last.Flush();
        _values["the-last"] = "of all"u8.ToArray();
        last.Set("the-last", "of all");
        last.Flush();
        SmallStore.WaitForReadySegment(_files);
        Died = _files.CrashProcess();
        Cut = _files.CrashPower(PowerCut.DropUnsynced);
        last.Dispose();
        Frames = LogImage.Frames(Died);
    }

    /// <summary>After the death of the process.</summary>
    internal SimulatedFiles Died { get; }

    /// <summary>After a power cut.</summary>
    internal SimulatedFiles Cut { get; }

    internal List<LogFrame> Frames { get; }

    /// <summary>The paths of segments that are sealed.</summary>
    internal List<string> Sealed => [.. Frames.Where(frame => frame.Kind == HandMade.Seal).Select(frame => frame.Path)];

    internal static KvStore Open(SimulatedFiles files) =>
        KvStore.Open(SmallStore.Folder, SmallStore.OptionsOn(files) with
        {
            SegmentBytes = SegmentBytes,
            FirstSegmentBytes = SegmentBytes,
            Lanes = 3,
            Compaction = new CompactionOptions { IsAutomatic = false },
        });

    /// <summary>Opens, and reads every key: each is as it was written last, or an error names this file.</summary>
    /// <returns>Whether there was an error.</returns>
    internal bool FindsDamage(SimulatedFiles files, string path)
    {
        bool isDamaged = false;
        try
        {
            using KvStore store = Open(files);
            foreach ((string key, byte[]? expected) in _values)
            {
                try
                {
                    _ = store.TryGet(Encoding.ASCII.GetBytes(key), out byte[]? value);
                    Assert.True(value.AsSpan().SequenceEqual(expected) && value is null == expected is null,
                        $"{key} has a wrong value, or none");
                }
                catch (KvsDamageException e)
                {
                    Assert.Equal(path, e.File);
                    isDamaged = true;
                }
            }

            Assert.Equal(_values.Values.Count(value => value is not null), store.GetStatistics().Keys);
            return isDamaged;
        }
        catch (KvsDamageException e)
        {
            Assert.True(e.File == path || Path.GetDirectoryName(e.File) == SmallStore.Folder, e.Message);
            Assert.Contains("offset", e.Message, StringComparison.Ordinal);
            return true;
        }
    }

    public void Dispose()
    {
        Died.Dispose();
        Cut.Dispose();
        _files.Dispose();
    }

    private void WriteUntil(KvStore store, long bytes)
    {
        for (int write = 0; store.Statistics.DiskBytes < bytes; write++)
        {
            WriteOne(store, write);
            if (write % 40 == 0)
            {
                store.Flush();
            }
        }
    }

    private void WriteOne(KvStore store, int write)
    {
        string key = Key();
        switch (_random.Next(12))
        {
            case 0:
                _ = store.Remove(key);
                _values[key] = null;
                break;
            case 1 or 2:
                var batch = new WriteBatch();
                for (int i = 0; i < 4; i++)
                {
                    string of = Key();
                    byte[]? value = i == 3 ? null : Value(write);
                    _values[of] = value;
                    if (value is null)
                    {
                        batch.Remove(of);
                    }
                    else
                    {
                        batch.Set(of, value);
                    }
                }

                store.Write(batch);
                break;
            case 3:
                _values[key] = Value(write);
                _ = store.TrySet(key, _values[key]!, new WriteOptions { ExpiresAt = s_never });
                break;
            default:
                _values[key] = Value(write);
                store.Set(key, _values[key]!);
                break;
        }
    }

    private string Key() => string.Create(CultureInfo.InvariantCulture, $"key-{_random.Next(Keys)}");

    private byte[] Value(int write)
    {
        byte[] value = new byte[_random.Next(100) switch
        {
            0 => 40_000,
            < 4 => 9_000,
            _ => _random.Next(300),
        }];
        _random.NextBytes(value);
        BitConverter.TryWriteBytes(value, write);
        return value;
    }
}
