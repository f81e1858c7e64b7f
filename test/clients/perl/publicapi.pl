# SPDX-License-Identifier: Apache-2.0

# cPanel::PublicAPI, the vendor's own client: tokens with forms in bodies, and sessions, also with a second factor.

use strict;
use warnings;

use cPanel::PublicAPI ();
use Digest::SHA qw(hmac_sha1);
use JSON::PP qw(decode_json);

$| = 1;

my $server = do { local ( @ARGV, $/ ) = $ENV{WHM_INVENTORY}; decode_json(<>) };

sub say_it { my ( $step, @values ) = @_; print "$step: @values\n"; return }

# The library writes every refusal to its log as well, which is of no interest here.
sub client {
    my ( $user, %how ) = @_;
    return cPanel::PublicAPI->new( host => $ENV{WHM_HOST}, user => $user, error_log => '/dev/null', %how );
}

# What a code generator shows for a secret now.
sub one_time_code {
    my ($secret) = @_;
    my %value;
    @value{ 'A' .. 'Z', 2 .. 7 } = 0 .. 31;
    my $bits = join '', map { sprintf '%05b', $value{$_} } split //, $secret;
    my $hash = hmac_sha1( pack( 'NN', 0, int( time / 30 ) ), pack( 'B*', substr $bits, 0, 8 * int( length($bits) / 8 ) ) );
    my $number = unpack 'N', substr( $hash, ord( substr $hash, -1 ) & 15, 4 );
    return sprintf '%06d', ( $number & 0x7fffffff ) % 1_000_000;
}

sub accounts {
    my ($whm) = @_;
    say_it( 'version', $whm->whm_api('version')->{data}{version} );
    say_it( 'loadavg', @{ $whm->whm_api('loadavg') }{qw(one five fifteen)} );
    my $made = $whm->whm_api( 'createacct', { username => 'gina', domain => 'gina.example', password => 'gina & Lantern=51+narrow%' } );
    say_it( 'createacct', $made->{metadata}{reason} );
    $whm->whm_api( 'suspendacct', { user => 'gina', reason => 'a=b & c' } );
    my $summary = $whm->whm_api( 'accountsummary', { user => 'gina' } )->{data}{acct}[0];
    say_it( 'accountsummary', @$summary{qw(suspended suspendreason)} );
    $whm->whm_api( 'unsuspendacct', { user => 'gina' } );
    my $gina  = client( 'gina', pass => 'gina & Lantern=51+narrow%' );
    my $boxes = $gina->cpanel_api2_request( 'cpanel', { module => 'Email', func => 'listpops' }, {} );
    say_it( 'session of the account', scalar @{ $boxes->{cpanelresult}{data} } );
    say_it( 'removeacct', $whm->whm_api( 'removeacct', { user => 'gina' } )->{metadata}{result} );
    say_it( 'listaccts', map { $_->{user} } @{ $whm->whm_api('listaccts')->{data}{acct} } );
    say_it( 'unknown function', defined $whm->whm_api('nosuch') ? 'answered' : $whm->{error} );
    return;
}

sub tokens {
    my ($whm) = @_;
    my $token = $whm->whm_api( 'api_token_create', { token_name => 'perl', 'acl-1' => 'list-accts' } )->{data}{token};
    my $lister = client( 'root', api_token => $token );
    say_it( 'with the token', scalar @{ $lister->whm_api('listaccts')->{data}{acct} } );
    $whm->whm_api( 'api_token_revoke', { token_name => 'perl' } );
    eval { $lister->whm_api('listaccts') };
    say_it( 'with the revoked token', $lister->{error} =~ /403 Forbidden Access denied/ ? 'denied' : $lister->{error} );
    my $listed = $whm->cpanel_api2_request( 'whostmgr', { module => 'Email', func => 'listpops', user => 'alice' }, {} );
    say_it( 'API 2 through WHM', map { $_->{email} } @{ $listed->{cpanelresult}{data} } );
    my $batch = $whm->whm_api( 'batch', 'command=gethostname&command=accountsummary%3Fuser%3Dalice' );
    say_it( 'batch', map { $_->{metadata}{command} } @{ $batch->{data}{result} } );
    return;
}

sub second_factor {
    my $tina = client( 'tina', pass => $server->{users}{tina}{password} );
    local $SIG{__WARN__} = sub { };    # the library splits the Location that a page for a code does not have
    say_it( 'without a code', eval { $tina->whm_api('myprivs'); 1 } ? 'let in' : 'refused' );
    say_it( 'with a code', $tina->establish_tfa_session( 'whostmgr', one_time_code( $server->{users}{tina}{totpSecret} ) ) );
    say_it( 'in the session', $tina->whm_api('myprivs')->{data}{privileges}[0]{'list-accts'} );
    return;
}

sub older {
    my $whm = client( 'root', accesshash => $server->{users}{root}{accessHash} );
    my ($release) = $whm->whm_api( 'version', {}, 'xml' ) =~ m{<version>([\d.]+)</version>};
    say_it( 'XML', $release );
    my $list = $whm->whm_api( 'listaccts', {}, 'xml' );
    say_it( 'listaccts', $list =~ m{<user>(.*?)</user>} );
    my $boxes = $whm->cpanel_api2_request( 'whostmgr', { module => 'Email', func => 'listpops', user => 'alice' }, {}, 'xml' );
    say_it( 'API 2', $boxes =~ m{<email>(.*?)</email>}g );
    my $plain = client( 'root', pass => $server->{users}{root}{password}, usessl => 0 );
    say_it( 'plain port', $plain->whm_api('gethostname')->{data}{hostname} );
    return;
}

if ( @ARGV && $ARGV[0] eq 'older' ) {
    older();
}
else {
    my $whm = client( 'root', api_token => $server->{users}{root}{tokens}{client}{value} );
    accounts($whm);
    tokens($whm);
    second_factor();
}
