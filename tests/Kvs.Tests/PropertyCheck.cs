using System.Diagnostics;
using FsCheck;
using Microsoft.FSharp.Core;

namespace Kvs.Testing;

/// <summary>
/// Tries properties on cases that FsCheck makes. Of a case that fails, it looks for a smaller one that still does, and
/// says both.
/// </summary>
internal static class PropertyCheck
{
    /// <summary>Cases that follow from one seed, from small ones to large ones.</summary>
    private const int CasesOfSeed = 100;

    /// <summary>Tries a property for some time, or for <see cref="TestDuration.Variable"/> where that is longer.
    /// </summary>
    /// <param name="property">What must hold.</param>
    /// <param name="duration">How long.</param>
    /// <param name="largest">The size of the largest cases.</param>
    /// <param name="print">The test's output: told how to replay a failure.</param>
    internal static void For(Property property, TimeSpan duration, int largest, Action<string> print)
    {
        duration = TestDuration.Longer(duration);
        long start = Stopwatch.GetTimestamp();
        int seed = TestSeed.Choose(print);
        long cases = 0;
        do
        {
            var replay = new Replay(new Rnd((ulong)(uint)seed), FSharpOption<int>.None);
            Config config = Config.QuickThrowOnFailure
                .WithReplay(FSharpOption<Replay>.Some(replay))
                .WithMaxTest(CasesOfSeed)
                .WithQuietOnSuccess(true)
                .WithEndSize(largest);
            try
            {
                Check.One(config, property);
            }
            catch (Exception)
            {
                print($"Failed with seed {seed}");
                throw;
            }

            seed++;
            cases += CasesOfSeed;
        }
        while (Stopwatch.GetElapsedTime(start) < duration);

        print($"{cases} cases");
    }
}
