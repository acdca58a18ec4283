using System.Globalization;
using System.Text;
using Kvs.Compaction;
using Kvs.Testing;
using Xunit.Sdk;

namespace Kvs.Tests;

/// <summary>Small stores whose segments and compactions a test decides on: each session's writes are in segments of
/// their own, and nothing is compacted before the test says so.</summary>
internal static class ByHand
{
    internal static KvStoreOptions OptionsOn(SimulatedFiles files, Action<CompactionStep>? atStep = null) =>
        SmallStore.OptionsOn(files, Durability.Interval) with
        {
            Compaction = new CompactionOptions { IsAutomatic = false },
            AtCompactionStep = atStep is null ? null : Guarded(atStep),
        };

    /// <summary>A step at which a failed assertion fails the compaction, and so the test that has asked for it. On the
    /// store's own thread, where steps are taken, it would end the process, and nobody would know which test it was.
    /// </summary>
    internal static Action<CompactionStep> Guarded(Action<CompactionStep> atStep) => step =>
    {
        try
        {
            atStep(step);
        }
        catch (XunitException e)
        {
            throw new KvsWriteException($"At {step}: {e.Message}", isFinal: false, e);
        }
    };

    internal static KvStore Open(SimulatedFiles files, Action<CompactionStep>? atStep = null) =>
        KvStore.Open(SmallStore.Folder, OptionsOn(files, atStep));

    /// <summary>Opens the store, lets something be done, and closes it: what was written is in a sealed segment then.
    /// </summary>
    internal static void InSession(SimulatedFiles files, Action<KvStore> act)
    {
        using KvStore store = Open(files);
        act(store);
    }

    /// <summary>What somebody finds who opens the store after the death of its process now.</summary>
    internal static void AfterDeath(SimulatedFiles files, Action<KvStore> check)
    {
        using SimulatedFiles crashed = files.CrashProcess();
        using KvStore store = Open(crashed);
        check(store);
    }

    internal static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>A key of so many bytes.</summary>
    internal static byte[] Key(int number, int bytes) =>
        Encoding.ASCII.GetBytes($"key-{number}".PadRight(bytes, '-'));
}
