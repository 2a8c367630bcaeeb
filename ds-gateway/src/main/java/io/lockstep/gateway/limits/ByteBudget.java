package io.lockstep.gateway.limits;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Bytes that many connections hold together: within a total, and within a share for each holder. Thread-safe.
///
/// ```
/// Σ held by accounts = held ≤ bytesMax        held by one holder ≤ shareMax        by one site ≤ siteShareMax
/// ```
///
/// When the total is used up the account that wants more is refused only if its own holder has the most; else
/// the largest account of the holder that has the most is evicted. So nobody is refused for what others hold.
/// Where a holder's own share, or site's, is used up its largest account is evicted for a smaller one, if the budget
/// is [#ofStrangers]: one holder may be many people there, of whom one must not shut out the rest.
public final class ByteBudget {
    /// On whose account bytes are held.
    ///
    /// @param name a user, or an address
    /// @param site a wider name that several share; the same as the name where there is none
    /// @param isAnybody whether it stands for all of whom nothing is known: no share holds for it, but the total
    public record Holder(Object name, Object site, boolean isAnybody) {
        public static Holder ofAddress(AddressBlock network) {
            return new Holder(network.address(), network.site(), !network.isKnown());
        }

        public static Holder of(Object name) {
            return new Holder(name, name, false);
        }
    }

    /// What a holder, or a site, has.
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

    /// @param bytesMax in all
    /// @param shareMax of one holder
    /// @param siteShareMax of all holders of one site
    public ByteBudget(long bytesMax, long shareMax, long siteShareMax) {
        this(bytesMax, shareMax, siteShareMax, false);
    }

    /// The same, where a holder's smaller account also evicts its largest.
    public static ByteBudget ofStrangers(long bytesMax, long shareMax, long siteShareMax) {
        return new ByteBudget(bytesMax, shareMax, siteShareMax, true);
    }

    private ByteBudget(long bytesMax, long shareMax, long siteShareMax, boolean yieldsWithinShare) {
        if (shareMax > bytesMax || siteShareMax > bytesMax || siteShareMax < shareMax) {
            throw new IllegalArgumentException("a share is at most the site's, and that the total");
        }
        this.bytesMax = bytesMax;
        this.shareMax = shareMax;
        this.siteShareMax = siteShareMax;
        this.yieldsWithinShare = yieldsWithinShare;
    }

    public synchronized long held() {
        return held;
    }

    /// An account that holds nothing yet, and takes no room in the budget until it does.
    ///
    /// @param evict ends what the bytes are held for; called at most once, on any thread, must not block
    public Account open(Holder holder, Runnable evict) {
        return new Account(holder, evict);
    }

    /// What one connection holds.
    public final class Account {
        private final Holder holder;
        private final Runnable evict;
        private long bytes;
        private boolean evicted;

        private Account(Holder holder, Runnable evict) {
            this.holder = holder;
            this.evict = evict;
        }

        /// From now on it holds so many bytes, in place of those before.
        ///
        /// @return false when they do not fit; it then holds what it held
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
                if (!yields(byName.get(holder.name), account.bytes + more)) {
                    return false;
                }
            }
            boolean shared = !holder.site.equals(holder.name);
            while (shared && bytesOf(bySite, holder.site) + more > siteShareMax) {
                if (!yields(bySite.get(holder.site), account.bytes + more)) {
                    return false;
                }
            }
        }
        while (held + more > bytesMax) {
            if (!evictOneOfMoreThan(bytesOf(bySite, holder.site) + more)
                    && !yields(bySite.get(holder.site), account.bytes + more)) {
                return false;
            }
        }
        return true;
    }

    /// @return whether one account of the holder's gave way to one of so many bytes
    private boolean yields(@Nullable HolderUsage holder, long bytes) {
        return yieldsWithinShare && holder != null && evictLargest(holder, bytes);
    }

    /// Of the site that holds the most.
    ///
    /// @return false when none holds more than that
    private boolean evictOneOfMoreThan(long least) {
        HolderUsage most = null;
        for (var site : bySite.values()) {
            if (most == null || site.bytes > most.bytes) {
                most = site;
            }
        }
        return most != null && most.bytes > least && evictLargest(most, 0);
    }

    /// @return false when none has more bytes than that
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

    private static long bytesOf(Map<Object, HolderUsage> holders, Object key) {
        var there = holders.get(key);
        return there == null ? 0 : there.bytes;
    }

    private void change(Account account, long more) {
        if (more == 0) {
            return;
        }
        held += more;
        account.bytes += more;
        byName.compute(account.holder.name, (_, there) -> changed(there, account, more));
        bySite.compute(account.holder.site, (_, there) -> changed(there, account, more));
    }

    private static @Nullable HolderUsage changed(
            @Nullable HolderUsage there, Account account, long more) {
        var holder = there == null ? new HolderUsage() : there;
        holder.bytes += more;
        if (account.bytes > 0) {
            holder.accounts.add(account);
        } else {
            holder.accounts.remove(account);
        }
        return holder.accounts.isEmpty() ? null : holder;
    }
}
