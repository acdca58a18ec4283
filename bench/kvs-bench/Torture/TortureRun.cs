using System.Diagnostics;
using Kvs.Bench.Reports;
using Kvs.CommandLine;

namespace Kvs.Bench.Torture;

/// <summary>One run of <c>kvs-bench torture</c>: kills victim after victim and judges what each leaves.</summary>
internal sealed class TortureRun : IDisposable
{
    /// <summary>Turns a hang into a failure; no measure of anything.</summary>
    private static readonly TimeSpan s_hangLimit = TimeSpan.FromSeconds(120);

    /// <summary>Most lives are short, so that there are many; some are long enough that compaction gets going.
    /// </summary>
    private const int MostWritingMs = 60;
    private const int MostWritingMsOfLongLife = 400;
    private const int LivesPerLongLife = 6;

    private readonly TortureSettings _settings;
    private readonly TortureFolders _folders;
    private readonly PowerCutDisk? _disk;
    private readonly Random _random;
    private readonly Judge _judge;
    private IVictim? _next;
    private Journal? _before;
    private VictimDeath _deathBefore;
    private bool _wasCutSince;
    private int _lives;
    private int _killsWhileOpening;
    private int _powerCuts;
    private long _compactions;
    private TimeSpan _openingTime = TimeSpan.FromMilliseconds(100);

    private TortureRun(TortureSettings settings)
    {
        _settings = settings;
        _random = new Random(settings.Seed);
        _judge = new Judge(settings.Threads);
        _folders = new TortureFolders(settings.Folder);
        if (settings.CutsPower)
        {
            _disk = new PowerCutDisk(_folders.Root);
            _folders.Store = Path.Combine(_disk.Folder, "store");
        }
    }

    /// <summary>Runs all of it; returns the exit code.</summary>
    internal static int Execute(TortureSettings settings)
    {
        settings.Check();
        using var run = new TortureRun(settings);
        try
        {
            TortureReport report = run.Run();
            report.WriteText(Console.Out);
            if (settings.JsonFile is { } json)
            {
                report.WriteJson(json);
            }

            return 0;
        }
        catch (TortureException e)
        {
            run._folders.IsKept = true;
            throw new ProgramException($"PROMISE BROKEN after {run._lives} lives: {e.Message}\n" +
                $"Everything is kept in {run._folders.Root}{(settings.CutsPower ? ", mounted" : "")}. " +
                $"Try again with --seed {settings.Seed}.", e);
        }
    }

    public void Dispose()
    {
        _next?.Dispose();
        _before?.Dispose();
        if (!_folders.IsKept)
        {
            _disk?.Dispose();
        }

        _folders.Dispose();
    }

    private TortureReport Run()
    {
        long start = Stopwatch.GetTimestamp();
        var progress = new ProgressLine();
        for (int kill = 1; kill <= _settings.Kills; kill++)
        {
            progress.Show($"Kill {kill} of {_settings.Kills}");
            KillOne();
        }

        progress.Clear();
        CheckLast();
        return new TortureReport
        {
            Target = _settings.Server is null ? "store" : "server",
            Durability = _settings.Durability.ToString(),
            Seed = _settings.Seed,
            Threads = _settings.Threads,
            Kills = _settings.Kills,
            KillsWhileOpening = _killsWhileOpening,
            PowerCuts = _powerCuts,
            Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
            AcknowledgedWrites = _judge.Acknowledged,
            UnansweredWrites = _judge.Unanswered,
            UnansweredWritesMade = _judge.UnansweredMade,
            TakenWrites = _judge.Taken,
            LongestTakenMs = _judge.LongestTaken.TotalMilliseconds,
            Compactions = _compactions,
        };
    }

    private void KillOne()
    {
        IVictim victim = TakeNext();
        WaitForTheMoment(victim);
        ThrowIfFailed(victim);
        bool cuts = _disk is not null && _random.Next(2) == 0;
        VictimDeath death = End(victim, cuts);
        if (!cuts)
        {
            ThrowIfFailed(victim);
        }

        if (victim.Journal.Stage == VictimStage.Writing)
        {
            Judge(victim);
            _compactions += victim.Journal.Compactions;
            _before = victim.Journal;
            _deathBefore = death;
            _wasCutSince = cuts;
        }
        else
        {
            _killsWhileOpening++;
            _wasCutSince |= cuts;
            Forget(victim.Journal);
        }

        if (cuts)
        {
            _powerCuts++;
            _disk!.Restart();
        }
    }

    private VictimDeath End(IVictim victim, bool cuts)
    {
        // What was flushed is asked for before the moment, so that all of it was before.
        long[]? flushed = cuts
            ? [.. Enumerable.Range(0, _settings.Threads).Select(victim.Journal.Flushed)]
            : null;
        var death = new VictimDeath(Stopwatch.GetTimestamp(), flushed);
        if (cuts)
        {
            _disk!.Cut(_random);
        }

        victim.Kill();
        return death;
    }

    /// <summary>Waits for a moment while it opens the store, or while it writes.</summary>
    private void WaitForTheMoment(IVictim victim)
    {
        bool isOpening = _random.Next(3) == 0;
        double part = _random.NextDouble();
        bool isLong = _random.Next(LivesPerLongLife) == 0;
        WaitFor(victim, VictimStage.Opening);
        if (isOpening)
        {
            Thread.Sleep(_openingTime * part);
            return;
        }

        long start = Stopwatch.GetTimestamp();
        WaitFor(victim, VictimStage.Writing);
        _openingTime = Stopwatch.GetElapsedTime(start);
        Thread.Sleep((int)(part * (isLong ? MostWritingMsOfLongLife : MostWritingMs)));
    }

    /// <summary>Opens the store once more, to see what the last kill left.</summary>
    private void CheckLast()
    {
        IVictim victim = TakeNext();
        WaitFor(victim, VictimStage.Writing);
        ThrowIfFailed(victim);
        Judge(victim);
        victim.Kill();
        Forget(victim.Journal);
    }

    private void Judge(IVictim victim)
    {
        bool mustHaveAcknowledged = !_wasCutSince || _settings.Durability.Level == Durability.Disk;
        _judge.Check(_before, victim.Journal, mustHaveAcknowledged, _deathBefore);
        if (_before is not null)
        {
            Forget(_before);
            _before = null;
        }
    }

    private void Forget(Journal journal)
    {
        journal.Dispose();
        File.Delete(_folders.Journal(journal.Life));
    }

    /// <summary>Lets the victim go that was started ahead, and starts the one after it.</summary>
    private IVictim TakeNext()
    {
        IVictim victim = _next ?? StartVictim();
        _next = null;
        victim.LetGo(_disk is null ? null : $"boot-{_powerCuts}");
        _next = StartVictim();
        return victim;
    }

    private IVictim StartVictim()
    {
        _lives++;
        return _settings.Server is null
            ? new StoreVictim(_settings, _folders, _lives)
            : new ServerVictim(_settings, _folders, _lives);
    }

    private static void WaitFor(IVictim victim, VictimStage stage)
    {
        long start = Stopwatch.GetTimestamp();
        while (victim.Journal.Stage < stage)
        {
            ThrowIfFailed(victim);
            if (Stopwatch.GetElapsedTime(start) > s_hangLimit)
            {
                throw new TortureException(
                    $"The store does not get to the stage {stage} within {s_hangLimit.TotalSeconds} seconds.");
            }

            Thread.Sleep(1);
        }
    }

    private static void ThrowIfFailed(IVictim victim)
    {
        if (victim.FindFailure() is { } failure)
        {
            throw new TortureException(failure);
        }
    }
}
