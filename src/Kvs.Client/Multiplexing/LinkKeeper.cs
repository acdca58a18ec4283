using System.Net;

namespace Kvs.Client.Multiplexing;

/// <summary>
/// Keeps a link to a server: makes another one when it has ended, with pauses that double from attempt to attempt.
/// </summary>
/// <remarks>Any thread may call any member; what changes is only changed by the one flow that keeps the link.</remarks>
internal sealed class LinkKeeper : IAsyncDisposable
{
    /// <summary>The shortest pause between two attempts, in milliseconds.</summary>
    private const double ShortestPauseMs = 25;

    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(1);

    private readonly EndPoint _endPoint;
    private readonly KvsClientOptions _options;
    private readonly Dispatcher _dispatcher;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _firstAttempt = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _keeping;
    private readonly Timer _timer;
    private volatile Link? _link;
    private volatile KvsException? _failure;
    private int _isDisposed;

    internal LinkKeeper(EndPoint endPoint, KvsClientOptions options, Dispatcher dispatcher)
    {
        _endPoint = endPoint;
        _options = options;
        _dispatcher = dispatcher;
        TimeSpan tick = options.OperationTimeout / 4;
        tick = options.OperationTimeout == Timeout.InfiniteTimeSpan || tick > LongestTick ? LongestTick : tick;
        _timer = new Timer(static keeper => ((LinkKeeper)keeper!)._link?.CheckSilence(), this, tick, tick);
        _keeping = Task.Run(KeepAsync);
    }

    /// <summary>Ends when the first attempt to connect has ended, whatever it came to.</summary>
    internal Task FirstAttempt => _firstAttempt.Task;

    /// <summary>What the last attempt came to; null where it came to a link.</summary>
    internal KvsException? Failure => _failure;

    /// <summary>Whether there is a link.</summary>
    internal bool IsConnected => _link is not null;

    /// <summary>Ends the link and makes no other.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
        {
            return;
        }

        const string why = "it was closed by this program";
        Link? link = _dispatcher.Close(new KvsConnectionException(
            _endPoint, $"The connection to {_endPoint} is closed: {why}.", outcomeUnknown: false));
        await _stop.CancelAsync().ConfigureAwait(false);
        link?.End(why, null);
        await _keeping.ConfigureAwait(false);
        await _timer.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task KeepAsync()
    {
        long lostAtMs = Environment.TickCount64;
        double pauseMs = ShortestPauseMs;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                Link link = await LinkMaker.MakeAsync(_endPoint, _options, _dispatcher, _stop.Token)
                    .ConfigureAwait(false);
                long madeAtMs = Environment.TickCount64;
                await UseAsync(link).ConfigureAwait(false);
                lostAtMs = Environment.TickCount64;

                // A server that takes connections only to end them is not asked again and again at once.
                bool wasOfUse = lostAtMs - madeAtMs > _options.MaxReconnectPause.TotalMilliseconds;
                pauseMs = wasOfUse ? ShortestPauseMs : 2 * pauseMs;
            }
            catch (KvsException error)
            {
                pauseMs *= 2;
                NotFound(error, Environment.TickCount64 - lostAtMs);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            pauseMs = Math.Min(pauseMs, _options.MaxReconnectPause.TotalMilliseconds);
            await PauseAsync(TimeSpan.FromMilliseconds(pauseMs * (0.5 + (0.5 * Random.Shared.NextDouble()))))
                .ConfigureAwait(false);
        }

        _firstAttempt.TrySetResult();
    }

    /// <summary>Has a link used, to its end.</summary>
    private async Task UseAsync(Link link)
    {
        link.Start();
        _link = link;
        _failure = null;
        if (!_dispatcher.TryConnect(link))
        {
            link.End("it was closed by this program", null);
        }

        _firstAttempt.TrySetResult();
        await link.Ended.ConfigureAwait(false);
        _link = null;
    }

    private void NotFound(KvsException error, long goneMs)
    {
        _failure = error;
        if (_options.ConnectTimeout != Timeout.InfiniteTimeSpan && goneMs >= _options.ConnectTimeout.TotalMilliseconds)
        {
            _dispatcher.Refuse(error);
        }

        _firstAttempt.TrySetResult();
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The loop sees it.
        }
    }
}
