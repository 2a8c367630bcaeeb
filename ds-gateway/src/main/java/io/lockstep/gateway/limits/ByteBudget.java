package io.lockstep.gateway.limits;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A limit on the bytes that many connections hold together, with a share for each holder.
/// Thread-safe.
///
/// ```
/// Σ held by accounts = held ≤ bytesMax
/// held by one holder ≤ shareMax        held by one site ≤ siteShareMax
/// ```
///
/// If the total is used up and an account needs more, the budget evicts the largest account of the
/// holder that holds the most. It refuses the request only if that holder is the account's own. So
/// no holder is refused because of what others hold.
///
/// In a budget made by [#ofUnauthenticated], a smaller account also evicts the largest account of
/// its own holder or site if their share is used up. A holder is then an address that many users
/// may share, and one of them must not lock out the others.
public final class ByteBudget {
    /// The owner of accounts.
    ///
    /// @param name a user, or an address
    /// @param site a wider name that several holders share; equal to the name if there is none
    /// @param isAnybody whether the holder is every client of which nothing is known: only the
    ///     total applies
    public record Holder(Object name, Object site, boolean isAnybody) {
        public static Holder ofAddress(AddressBlock network) {
            return new Holder(network.address(), network.site(), !network.isKnown());
        }

        public static Holder of(Object name) {
            return new Holder(name, name, false);
        }
    }

    /// The bytes and accounts of one holder or site.
    private static final class HolderUsage {
        private long bytes;
        private final Set<Account> accounts = new LinkedHashSet<>(2);
    }

    private final long bytesMax;
    private final long shareMax;
    private final long siteShareMax;
    private final boolean yieldsWithinShare;
    private final Map<Object, HolderUsage> byName = new HashMap<>();
    private final Map<Object, HolderUsage> bySite = new HashMap<>();
    private long held;

    /// @param bytesMax in total
    /// @param shareMax of one holder
    /// @param siteShareMax of all holders of one site
    public ByteBudget(long bytesMax, long shareMax, long siteShareMax) {
        this(bytesMax, shareMax, siteShareMax, false);
    }

    /// Creates a budget in which a holder's smaller account also evicts the holder's largest.
    public static ByteBudget ofUnauthenticated(long bytesMax, long shareMax, long siteShareMax) {
        return new ByteBudget(bytesMax, shareMax, siteShareMax, true);
    }

    private ByteBudget(long bytesMax, long shareMax, long siteShareMax, boolean yieldsWithinShare) {
        if (shareMax > bytesMax || siteShareMax > bytesMax || siteShareMax < shareMax) {
            throw new IllegalArgumentException(
                    "a share must be at most the site's share, and that at most the total");
        }
        this.bytesMax = bytesMax;
        this.shareMax = shareMax;
        this.siteShareMax = siteShareMax;
        this.yieldsWithinShare = yieldsWithinShare;
    }

    public synchronized long held() {
        return held;
    }

    /// Opens an account that holds 0 bytes. It takes no room in the budget while it holds none.
    ///
    /// @param evict ends whatever holds the bytes; called at most once, on any thread; must not
    ///     block
    public Account open(Holder holder, Runnable evict) {
        return new Account(holder, evict);
    }

    /// The bytes that one connection holds.
    public final class Account {
        private final Holder holder;
        private final Runnable evict;
        private long bytes;
        private boolean evicted;

        private Account(Holder holder, Runnable evict) {
            this.holder = holder;
            this.evict = evict;
        }

        /// Replaces the number of bytes that this account holds.
        ///
        /// @return false if they do not fit; the account then keeps its previous number
        public boolean hold(long wanted) {
            synchronized (ByteBudget.this) {
                long more = wanted - bytes;
                if (more == 0) {
                    return !evicted;
                }
                if (evicted || (more > 0 && !fits(this, more))) {
                    return false;
                }
                change(this, more);
                assert invariants(holder);
                return true;
            }
        }

        public void release() {
            synchronized (ByteBudget.this) {
                change(this, -bytes);
            }
        }
    }

    private boolean fits(Account account, long more) {
        var holder = account.holder;
        if (!holder.isAnybody) {
            while (bytesOf(byName, holder.name) + more > shareMax) {
                if (!evictLarger(byName.get(holder.name), account.bytes + more)) {
                    return false;
                }
            }
            boolean shared = !holder.site.equals(holder.name);
            while (shared && bytesOf(bySite, holder.site) + more > siteShareMax) {
                if (!evictLarger(bySite.get(holder.site), account.bytes + more)) {
                    return false;
                }
            }
        }
        while (held + more > bytesMax) {
            if (!evictFromSiteAbove(bytesOf(bySite, holder.site) + more)
                    && !evictLarger(bySite.get(holder.site), account.bytes + more)) {
                return false;
            }
        }
        return true;
    }

    /// Evicts the holder's largest account if that is larger than `bytes`.
    ///
    /// @return whether an account was evicted
    private boolean evictLarger(@Nullable HolderUsage holder, long bytes) {
        return yieldsWithinShare && holder != null && evictLargest(holder, bytes);
    }

    /// Evicts the largest account of the site that holds the most.
    ///
    /// @return false if no site holds more than `least`
    private boolean evictFromSiteAbove(long least) {
        HolderUsage most = null;
        for (var site : bySite.values()) {
            if (most == null || site.bytes > most.bytes) {
                most = site;
            }
        }
        return most != null && most.bytes > least && evictLargest(most, 0);
    }

    /// @return false if no account holds more bytes than `least`
    private boolean evictLargest(HolderUsage holder, long least) {
        Account largest = null;
        for (var account : holder.accounts) {
            if (largest == null || account.bytes > largest.bytes) {
                largest = account;
            }
        }
        if (largest == null || largest.bytes <= least) {
            return false;
        }
        change(largest, -largest.bytes);
        largest.evicted = true;
        largest.evict.run();
        return true;
    }

    private boolean invariants(Holder holder) {
        return 0 <= held
                && held <= bytesMax
                && (holder.isAnybody
                        || (bytesOf(byName, holder.name) <= shareMax
                                && bytesOf(bySite, holder.site) <= siteShareMax));
    }

    private static long bytesOf(Map<Object, HolderUsage> holders, Object key) {
        var usage = holders.get(key);
        return usage == null ? 0 : usage.bytes;
    }

    private void change(Account account, long more) {
        if (more == 0) {
            return;
        }
        held += more;
        account.bytes += more;
        byName.compute(account.holder.name, (_, usage) -> changed(usage, account, more));
        bySite.compute(account.holder.site, (_, usage) -> changed(usage, account, more));
    }

    private static @Nullable HolderUsage changed(
            @Nullable HolderUsage usage, Account account, long more) {
        var holder = usage == null ? new HolderUsage() : usage;
        holder.bytes += more;
        if (account.bytes > 0) {
            holder.accounts.add(account);
        } else {
            holder.accounts.remove(account);
        }
        return holder.accounts.isEmpty() ? null : holder;
    }
}
