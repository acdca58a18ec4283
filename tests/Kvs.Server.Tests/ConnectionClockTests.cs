using System.Buffers;
using Kvs.Server.Connections;
using Kvs.Server.Sessions;

namespace Kvs.Server.Tests;

/// <summary>Deadlines, against a clock that stands still until it is told.</summary>
public sealed class ConnectionClockTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly ClientState _client = new();
    private readonly KvsServerOptions _options = new()
    {
        HandshakeTimeout = TimeSpan.FromSeconds(10),
        FrameTimeout = TimeSpan.FromSeconds(30),
        MinFrameProgressBytes = 1000,
        DrainTimeout = TimeSpan.FromSeconds(5),
        SendTimeout = TimeSpan.FromSeconds(60),
    };

    [Fact]
    public void A_handshake_has_one_deadline_from_its_first_byte_however_it_dribbles_in()
    {
        ConnectionClock clock = NewClock();
        _time.Seconds += 1_000_000;
        clock.Received(null, 0);
        Assert.False(clock.IsOverdue);
        clock.Received(_client, 5);
        _time.Seconds += 9;
        clock.Received(_client, 6);
        Assert.False(clock.IsOverdue);
        _time.Seconds += 1;
        Assert.True(clock.IsOverdue);
    }

    [Fact]
    public void Where_a_password_is_asked_for_the_deadline_is_counted_from_connecting()
    {
        var clock = new ConnectionClock(_options with { Password = "secret" }, _time);
        _time.Seconds += 9;
        clock.Received(null, 0);
        clock.Received(_client, 5);
        Assert.False(clock.IsOverdue);
        _time.Seconds += 1;
        Assert.True(clock.IsOverdue);
    }

    [Fact]
    public void A_client_that_is_refused_is_not_waited_for_longer_than_a_handshake()
    {
        var clock = new ConnectionClock(_options, _time, isRefused: true);
        _time.Seconds += 10;
        Assert.True(clock.IsOverdue);
    }

    [Fact]
    public void A_client_that_has_not_begun_may_be_as_idle_as_one_that_has()
    {
        var clock = new ConnectionClock(_options with { IdleTimeout = TimeSpan.FromSeconds(60) }, _time);
        _time.Seconds += 59;
        clock.Received(null, 0);
        Assert.False(clock.IsOverdue);
        _time.Seconds += 1;
        Assert.True(clock.IsOverdue);
    }

    [Fact]
    public void Replies_have_as_much_time_as_they_have_pieces()
    {
        ConnectionClock clock = NewOpenClock();
        clock.SendBegun(10);
        _time.Seconds += 59;
        Assert.False(clock.IsSendOverdue);
        _time.Seconds += 1;
        Assert.True(clock.IsSendOverdue);
        clock.SendEnded();
        Assert.False(clock.IsSendOverdue);
        clock.SendBegun(5_999);
        _time.Seconds += 299;
        Assert.False(clock.IsSendOverdue);
        _time.Seconds += 1;
        Assert.True(clock.IsSendOverdue);
        Assert.False(clock.IsOverdue);
        clock = new ConnectionClock(_options with { SendTimeout = null }, _time);
        clock.SendBegun(10);
        _time.Seconds += 1_000_000;
        Assert.False(clock.IsSendOverdue);
    }

    [Fact]
    public void An_idle_connection_has_no_deadline()
    {
        ConnectionClock clock = NewOpenClock();
        _time.Seconds += 1_000_000;
        Assert.False(clock.IsOverdue);
    }

    [Fact]
    public void An_idle_connection_has_the_deadline_that_is_asked_for_counted_from_its_last_request()
    {
        var clock = new ConnectionClock(_options with { IdleTimeout = TimeSpan.FromSeconds(60) }, _time);
        _client.IsOpen = true;
        for (int request = 0; request < 3; request++)
        {
            _client.Executed++;
            clock.Received(_client, 0);
            _time.Seconds += 59;
            Assert.False(clock.IsOverdue);
        }

        _time.Seconds += 1;

        // Woken, and nothing has come.
        clock.Received(_client, 0);
        Assert.True(clock.IsOverdue);
    }

    [Fact]
    public void A_request_that_comes_byte_by_byte_has_one_deadline()
    {
        ConnectionClock clock = NewOpenClock();
        for (int bytes = 1; bytes <= 30; bytes++)
        {
            Assert.False(clock.IsOverdue);
            clock.Received(_client, bytes);
            _time.Seconds += 1;
        }

        Assert.True(clock.IsOverdue);
    }

    [Fact]
    public void A_long_request_that_makes_progress_is_given_time()
    {
        ConnectionClock clock = NewOpenClock();
        for (int pieces = 1; pieces <= 30; pieces++)
        {
            _client.UnfinishedBytes = 500 * pieces;
            clock.Received(_client, 0);
            _time.Seconds += 10;
            Assert.False(clock.IsOverdue);
        }
    }

    [Fact]
    public void A_busy_client_whose_bytes_always_end_within_a_request_is_never_overdue()
    {
        ConnectionClock clock = NewOpenClock();
        for (int round = 1; round <= 100; round++)
        {
            _client.Executed++;
            clock.Received(_client, round);
            _time.Seconds += 29;
            Assert.False(clock.IsOverdue);
        }
    }

    [Fact]
    public void Stopping_sets_a_deadline_of_its_own_and_lingering_another()
    {
        ConnectionClock clock = NewOpenClock();
        clock.StopBegun();
        _time.Seconds += 4;
        clock.Received(_client, 0);
        Assert.False(clock.IsOverdue);
        _time.Seconds += 1;
        Assert.True(clock.IsOverdue);
        clock.LingerBegun();
        Assert.False(clock.IsOverdue);
        _time.Seconds += (long)ConnectionClock.LingerTime.TotalSeconds;
        Assert.True(clock.IsOverdue);
    }

    public void Dispose() => _client.Dispose();

    private ConnectionClock NewClock() => new(_options, _time);

    private ConnectionClock NewOpenClock()
    {
        ConnectionClock clock = NewClock();
        _client.IsOpen = true;
        clock.Received(_client, 0);
        return clock;
    }

    private sealed class ManualTime : TimeProvider
    {
        internal long Seconds { get; set; } = 1;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }

    private sealed class ClientState : ISession
    {
        public bool IsOpen { get; set; }

        public long UnfinishedBytes { get; set; }

        public long Executed { get; set; }

        public SessionOutcome Process(ref ReadOnlySequence<byte> input, ReplyBuffer output) =>
            throw new NotSupportedException();

        public void WriteNotDurable(
            uint tag, ReadOnlySpan<byte> held, KvsWriteException error, ReplyBuffer output) =>
            throw new NotSupportedException();

        public void WriteFarewell(Farewell farewell, ReplyBuffer output) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }
}
