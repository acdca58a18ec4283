namespace Kvs.Protocol.Binary;

/// <summary>What a request asks for: the second byte of its header. A number, once given, keeps its meaning.</summary>
public enum Operation : byte
{
    /// <summary>Never sent: a header of zeros is no request.</summary>
    None = 0,

    /// <summary>The handshake: the first request of every connection, and only the first.</summary>
    Hello = 1,

    /// <summary>Asks for an empty reply.</summary>
    Ping = 2,

    /// <summary>Reads the value of a key.</summary>
    Get = 3,

    /// <summary>Stores a value under a key.</summary>
    Set = 4,

    /// <summary>Removes a key.</summary>
    Remove = 5,

    /// <summary>Reads a page of entries.</summary>
    Scan = 6,

    /// <summary>Asks for figures about the server and its store.</summary>
    Stats = 7,

    /// <summary>Adds to the number under a key.</summary>
    Increment = 8,

    /// <summary>Reads the values of many keys.</summary>
    GetMany = 9,

    /// <summary>Any number of gets, sets, removes and increments, one after the other.</summary>
    Batch = 10,

    /// <summary>Any number of sets and removes that are made as one.</summary>
    AtomicBatch = 11,

    /// <summary>Lets an atomic batch be made only if a key has a version; stands nowhere else.</summary>
    Require = 12,
}
